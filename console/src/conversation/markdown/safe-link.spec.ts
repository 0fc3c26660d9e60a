import { expect, it } from 'vitest';
import { safeLink } from './safe-link.js';

it.each(['https://example.com/a?b#c', 'http://127.0.0.1:3000/', 'mailto:a@example.com'])('follows %s', (href) => {
  expect(safeLink(href)).toBe(href);
});

it.each([
  'javascript:alert(1)',
  ' javascript:alert(1)',
  'JaVaScRiPt:alert(1)',
  'java\nscript:alert(1)',
  'data:text/html,<script>',
  'vbscript:x',
  'file:///etc/passwd',
  'blob:https://example.com/1',
  '//example.com',
  '../up',
  '#hash',
  '',
])('does not follow %j', (href) => {
  expect(safeLink(href)).toBeUndefined();
});
