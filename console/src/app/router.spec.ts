import { expect, it } from 'vitest';
import { environmentHref, Router } from './router.js';

function bar(hash: string) {
  const heard: (() => void)[] = [];
  const location = { hash, pathname: '/prefix/', search: '' };
  const replaced: string[] = [];
  return {
    location,
    replaced,
    history: { replaceState: (_data: unknown, _unused: string, url: string) => void replaced.push(url) },
    addEventListener: (_type: string, listener: () => void) => void heard.push(listener),
    went: (to: string) => {
      location.hash = to;
      for (const listener of heard) listener();
    },
  };
}

it('follows the address', () => {
  const window = bar('');
  const router = new Router(window);
  expect(router.path.value).toEqual([]);
  window.went('#/e/env-1/files/a%2Fb');
  expect(router.path.value).toEqual(['e', 'env-1', 'files', 'a/b']);
  window.went('#/100%');
  expect(router.path.value).toEqual(['100%']);
});

it('what it makes, it reads', () => {
  const parts = ['src', 'a b', 'ü?#/x%'];
  expect(new Router(bar(environmentHref('env-1', ...parts))).path.value).toEqual(['e', 'env-1', ...parts]);
});

it('a token is taken out of the address, and nothing of it stays', () => {
  const window = bar('#token=se%2Fcret');
  const router = new Router(window);
  expect(router.takeSecret('token')).toBe('se/cret');
  expect(window.replaced).toEqual(['/prefix/']);
  expect(router.path.value).toEqual([]);
});

it('elsewhere there is none to take', () => {
  const window = bar('#/e/env-1');
  expect(new Router(window).takeSecret('token')).toBeUndefined();
  expect(window.replaced).toEqual([]);
});

it('a token is taken out of the address also where its link is pasted into an open page', () => {
  const window = bar('#/e/env-1');
  const router = new Router(window);
  const taken: string[] = [];
  router.onSecret('token', (secret) => void taken.push(secret));
  window.went('#token=secret');
  expect([taken, window.replaced]).toEqual([['secret'], ['/prefix/#/e/env-1']]);
  expect(router.path.value).toEqual(['e', 'env-1']);
  window.went('#/e/env-2');
  expect(taken).toEqual(['secret']);
});
