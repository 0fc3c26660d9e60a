import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** A small shop whose discounts are rounded wrong. */
const FILES: Readonly<Record<string, string>> = {
  'README.md': '# Shop\n\nPrices, carts and receipts of a small shop.\n\n    node test/run.js\n',
  'package.json': '{\n  "name": "shop",\n  "version": "1.4.0",\n  "type": "module"\n}\n',
  'src/prices.js': `/** What is left of a price, in euros. */
export function discounted(price, percent) {
  return Math.floor(price * (100 - percent)) / 100;
}

/** As people read it. */
export function formatted(price) {
  return new Intl.NumberFormat('en', { style: 'currency', currency: 'EUR' }).format(price);
}
`,
  'src/cart.js': `import { discounted } from './prices.js';

/** Things that somebody wants to buy. */
export class Cart {
  items = [];

  add(name, price, percent = 0) {
    this.items.push({ name, price, percent });
    return this;
  }

  /** In euros, discounts taken off. */
  get total() {
    const prices = this.items.map(({ price, percent }) => discounted(price, percent));
    return prices.reduce((sum, price) => sum + price, 0);
  }

  /** One line for each thing, the dearest first. */
  *lines() {
    const byPrice = this.items.toSorted((a, b) => b.price - a.price);
    for (const { name, price, percent } of byPrice) {
      const now = discounted(price, percent);
      yield percent > 0 ? \`\${name}  \${now}  (\${percent} % off)\` : \`\${name}  \${now}\`;
    }
  }
}
`,
  'src/receipt.js': `import { formatted } from './prices.js';

export function receipt(cart, paidAt = new Date()) {
  return [...cart.lines(), '', \`Total  \${formatted(cart.total)}\`, paidAt.toDateString()].join('\\n');
}
`,
  'test/run.js': `const cases = [
  ['a price without a discount', 120],
  ['ten percent of 4.15', 240],
  ['fifteen percent of 9.99', 180],
  ['five percent of 12.49', 260],
  ['a cart of three things', 300],
  ['a receipt', 150],
];
for (const [name, ms] of cases) {
  await new Promise((resolve) => setTimeout(resolve, ms));
  console.log(\`\\u001b[32mok\\u001b[0m  \${name}\`);
}
console.log(\`\\n\${cases.length} tests, none failed\`);
`,
  'docs/prices.md': '# Prices\n\nIn euros, with two digits; rounded half up, as on the receipt.\n',
};

/** Its files as they were in the beginning. */
export async function writeDemoFiles(root: string): Promise<void> {
  for (const [file, text] of Object.entries(FILES)) {
    const place = path.join(root, file);
    await mkdir(path.dirname(place), { recursive: true });
    await writeFile(place, text);
  }
}

/** A directory with them, as a repository of its own on a branch of its own. */
export async function makeDemoWorkspace(root: string): Promise<void> {
  await writeDemoFiles(root);
  const git = (...args: string[]) => execFileSync('git', args, { cwd: root, stdio: 'ignore' });
  git('init', '--quiet', '--initial-branch=main');
  git('config', 'user.name', 'Ada');
  git('config', 'user.email', 'ada@relay.example');
  git('config', 'commit.gpgSign', 'false');
  git('add', '.');
  git('commit', '--quiet', '--message', 'Shop');
  git('switch', '--quiet', '--create', 'rounding');
}
