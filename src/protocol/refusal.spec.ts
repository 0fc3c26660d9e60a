import { expect, it } from 'vitest';
import { errorBody } from './error-codes.js';
import { readRefusal } from './refusal.js';

const nothing = { errorCode: undefined, message: undefined };

it.each([
  ['our own', JSON.stringify(errorBody('DRAINING', 'Try again.')), { errorCode: 'DRAINING', message: 'Try again.' }],
  ['error for message', '{"error":"no","errorCode":"LIMIT"}', { errorCode: 'LIMIT', message: 'no' }],
  ['code for errorCode', '{"code":"LIMIT"}', { errorCode: 'LIMIT', message: undefined }],
  ['empty texts', '{"errorCode":"","code":"LIMIT","message":"","error":"no"}', { errorCode: 'LIMIT', message: 'no' }],
  ['values that are no texts', '{"errorCode":7,"message":{"a":1}}', nothing],
  ['no object', '["no"]', nothing],
  ["a proxy's page", '<html>502</html>', nothing],
  ['nothing', '', nothing],
])('reads a refusal that is %s', (_name, body, words) => {
  expect(readRefusal(body)).toEqual(words);
});
