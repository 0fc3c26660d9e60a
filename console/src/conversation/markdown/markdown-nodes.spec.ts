import type { VNode } from 'preact';
import { describe, expect, it } from 'vitest';
import { CodeBlock } from './code-block.js';
import { lexMarkdown } from './lex-markdown.js';
import { MarkdownBlocks } from './markdown-blocks.js';
import { markdownNodes } from './markdown-nodes.js';

type Props = Readonly<Record<string, unknown>>;

function isNode(value: unknown): value is VNode<Props> {
  return typeof value === 'object' && value !== null && 'type' in value && 'props' in value;
}

/** Every node of a tree, with how deep it lies. */
function* walk(value: unknown, depth = 0): Iterable<{ node: VNode<Props>; depth: number }> {
  if (Array.isArray(value)) for (const one of value) yield* walk(one, depth);
  if (!isNode(value)) return;
  yield { node: value, depth };
  yield* walk(value.props['children'], depth + 1);
}

/** As short text: elements in their angle brackets, texts as JSON, code as it is given to its block. */
function shown(value: unknown): string {
  if (Array.isArray(value)) return value.map(shown).join('');
  if (typeof value === 'string') return value;
  if (!isNode(value)) return '';
  if (Object.is(value.type, CodeBlock))
    return `<code:${String(value.props['language'])}>${String(value.props['code'])}</code>`;
  const name = String(value.type);
  const { children, ...rest } = value.props;
  const told = ['href', 'start', 'checked', 'title']
    .filter((key) => rest[key] !== undefined && rest[key] !== rest['href'])
    .map((key) => ` ${key}=${String(rest[key])}`)
    .join('');
  const href = typeof rest['href'] === 'string' ? ` href=${rest['href']}` : '';
  return `<${name}${href}${told}>${shown(children)}</${name}>`;
}

const nodesOf = (text: string): unknown => markdownNodes(lexMarkdown(text, {}));
const show = (text: string): string => shown(nodesOf(text));

describe('Markdown', () => {
  it.each([
    [
      'a paragraph',
      'one **two** *three* ~~four~~ `five`',
      '<p>one <strong>two</strong> <em>three</em> <del>four</del> <code>five</code></p>',
    ],
    ['a heading, below the page’s own', '# One\n###### Six', '<h3>One</h3><h6>Six</h6>'],
    ['a line that is broken', 'one  \ntwo', '<p>one<br></br>two</p>'],
    ['entities and escapes', '&lt;b&gt; \\*not\\* &amp;', '<p><b> *not* &</p>'],
    ['code', '```ts extra\nconst a = 1 < 2;\n```', '<code:ts>const a = 1 < 2;</code>'],
    ['code without a language', '    indented', '<code:>indented</code>'],
    [
      'lists in one another',
      '- one\n  1. two\n- three',
      '<ul><li>one<ol start=1><li>two</li></ol></li><li>three</li></ul>',
    ],
    ['a list that begins elsewhere', '7. seven', '<ol start=7><li>seven</li></ol>'],
    [
      'tasks',
      '- [ ] open\n- [x] done',
      '<ul><li><input checked=false></input>open</li><li><input checked=true></input>done</li></ul>',
    ],
    ['a quote', '> one\n> two', '<blockquote><p>one\ntwo</p></blockquote>'],
    ['a rule', '---', '<hr></hr>'],
    [
      'a table',
      '|a|b|\n|-|-|\n|1|*2*|',
      '<div><table><thead><tr><th>a</th><th>b</th></tr></thead><tbody><tr><td>1</td><td><em>2</em></td></tr></tbody></table></div>',
    ],
    ['a link', '[it](https://example.com "why")', '<p><a href=https://example.com/ title=why>it</a></p>'],
    ['an address', 'see https://example.com/a.', '<p>see <a href=https://example.com/a>https://example.com/a</a>.</p>'],
    ['a definition', '[a]: https://example.com\n[a]', '<p><a href=https://example.com/>a</a></p>'],
  ])('shows %s', (_what, text, expected) => {
    expect(show(text)).toBe(expected);
  });

  it.each([
    ['a script', '<script>alert(1)</script>', '<p><script>alert(1)</script></p>'],
    ['an element with a handler', 'a <img src=x onerror=alert(1)> b', '<p>a <img src=x onerror=alert(1)> b</p>'],
    ['a comment', '<!-- hidden -->', '<p><!-- hidden --></p>'],
    ['a link that runs', '[it](javascript:alert%281%29)', '<p><span title=javascript:alert%281%29>it</span></p>'],
    ['the same in disguise', '[it](JaVa&#115;cript:alert(1))', '<p><span title=JaVa&#115;cript:alert(1)>it</span></p>'],
    ['a page in a link', '[it](data:text/html,x)', '<p><span title=data:text/html,x>it</span></p>'],
    ['a link to nowhere', '[it](/v1/session)', '<p><span title=/v1/session>it</span></p>'],
    ['a picture, as a link', '![alt](https://example.com/x.png)', '<p><a href=https://example.com/x.png>alt</a></p>'],
    [
      'a picture without a text',
      '![](https://example.com/x.png)',
      '<p><a href=https://example.com/x.png>image</a></p>',
    ],
    [
      'a picture in itself',
      '![alt](data:image/png;base64,AAAA)',
      '<p><span title=data:image/png;base64,AAAA>alt</span></p>',
    ],
  ])('shows as text what would be more: %s', (_what, text, expected) => {
    expect(show(text)).toBe(expected);
    // In the nodes it is a text, and no element.
    const elements = [...walk(nodesOf(text))].map(({ node }) => String(node.type));
    expect(elements.filter((type) => !['p', 'a', 'span'].includes(type))).toEqual([]);
  });

  it('opens links in a page of their own, that knows nothing of this one', () => {
    for (const { node } of walk(
      nodesOf('[a](https://a.example) ![b](https://b.example) https://c.example <d@d.example>'),
    ))
      if (node.type === 'a') expect(node.props).toMatchObject({ target: '_blank', rel: 'noopener noreferrer' });
  });

  const times = (text: string, count: number) => text.repeat(count);
  const HOSTILE: readonly (readonly [string, string])[] = [
    ['quotes', times('>', 10_000)],
    ['quotes with blanks', `${times('> ', 10_000)}x`],
    ['quotes line by line', Array.from({ length: 300 }, (_, at) => times('> ', at)).join('x\n')],
    ['lists', `${times('- ', 10_000)}x`],
    ['numbered lists', `${times('1. ', 10_000)}x`],
    ['both', `${times('> - ', 5_000)}x`],
    ['lists by indent', Array.from({ length: 500 }, (_, at) => `${times('  ', at)}- a`).join('\n')],
    ['emphasis', `${times('*a _b ', 2_000)}x${times('_ *', 2_000)}`],
    ['emphasis in a word', times('_a', 16_000)],
    ['emphasis below the bound', `${times('*a _b ', 240)}x${times('_ *', 240)}`],
    ['brackets', times('[', 16_000)],
    ['links', `${times('[a', 3_000)}${times('](https://a.example)', 3_000)}`],
    ['pictures', times('![', 16_000)],
    ['elements', times('<a ', 10_000)],
  ];

  it.each(HOSTILE)('of a text that is made to nest: %s, nodes lie no deeper than a bound', (_what, text) => {
    const deepest = Math.max(...[...walk(nodesOf(text))].map(({ depth }) => depth));
    expect(deepest).toBeLessThanOrEqual(160);
    const blocks = new MarkdownBlocks();
    blocks.append(text);
    blocks.finish();
    expect(blocks.text()).toBe(text);
  });

  it.each([
    ['quotes', times('> ', 2_000)],
    ['emphasis', `${times('*a _b ', 1_000)}x`],
  ])('shows %s beyond it as they are written', (_what, text) => {
    expect(show(text)).toBe(`<p>${text.trimEnd()}</p>`);
  });

  it('has no bound for what people write: much emphasis in many items, code of any kind', () => {
    expect(show(times('- **one** of *many*\n', 500))).toContain('<strong>one</strong> of <em>many</em>');
    expect(show(`\`\`\`\n${times('>', 100)}\n${times('_a', 2_000)}\n\`\`\``)).toMatch(/^<code:>>>>/);
    expect(show(times('> ', 20) + 'x')).toContain('<blockquote><p>x</p></blockquote>');
  });
});
