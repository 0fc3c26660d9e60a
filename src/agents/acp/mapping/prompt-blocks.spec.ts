import { describe, expect, it } from 'vitest';
import { promptOf } from './prompt-blocks.js';

const ALL = { image: true, audio: true, embeddedContext: true };
const IMAGE = { type: 'image', data: 'AAAA', mimeType: 'image/png' };
const RESOURCE = { uri: 'file:///a.md', text: '# A' };

describe('promptOf', () => {
  it.each<[string, unknown, object, unknown]>([
    ['text', 'hi', {}, [{ type: 'text', text: 'hi' }]],
    [
      'parts of text',
      [{ type: 'text', text: 'a' }, 'b', { type: 'text', text: '' }],
      {},
      [
        { type: 'text', text: 'a' },
        { type: 'text', text: 'b' },
      ],
    ],
    ['an image', [IMAGE], ALL, [IMAGE]],
    [
      'an image as stock clients send it',
      [{ type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } }],
      ALL,
      [IMAGE],
    ],
    [
      'a link',
      [{ type: 'resource_link', uri: 'file:///a' }],
      {},
      [{ type: 'resource_link', uri: 'file:///a', name: 'file:///a' }],
    ],
    ['a resource', [{ type: 'resource', resource: RESOURCE }], ALL, [{ type: 'resource', resource: RESOURCE }]],
    [
      'a resource as text',
      [{ type: 'resource', resource: RESOURCE }],
      {},
      [{ type: 'text', text: 'file:///a.md:\n# A' }],
    ],
    [
      'a resource without text as a link',
      [{ type: 'resource', resource: { uri: 'file:///b', blob: 'AA' } }],
      {},
      [{ type: 'resource_link', uri: 'file:///b', name: 'file:///b' }],
    ],
  ])('%s', (_, content, takes, blocks) => {
    expect(promptOf([{ role: 'user', content }], takes)).toEqual({ blocks, leftOut: [] });
  });

  it.each([
    [IMAGE, 'image (this agent takes none)'],
    [{ type: 'video' }, 'video (not known here'],
    [{ type: 'resource', resource: {} }, 'a resource without uri'],
    [{ type: 'resource_link' }, 'a link without uri'],
    [7, 'a part that is no content'],
  ])('leaves out %j, and says so', (part, words) => {
    expect(promptOf([{ role: 'user', content: [part] }], {})).toEqual({
      blocks: [],
      leftOut: [expect.stringContaining(words)],
    });
  });

  it('takes the user’s messages only', () => {
    expect(
      promptOf(
        [
          { role: 'system', content: 'x' },
          { role: 'user', content: 'y' },
        ],
        {},
      ).blocks,
    ).toEqual([{ type: 'text', text: 'y' }]);
  });
});
