import { afterEach, beforeEach, expect, it } from 'vitest';
import { AttachedToFake } from '../../test/kit/attached-to-fake.js';
import type { FakeClientRelay } from '../../test/kit/fake-client-relay.js';

let fake: AttachedToFake;
let relay: FakeClientRelay;

beforeEach(async () => {
  fake = await AttachedToFake.start();
  ({ relay } = fake);
});
afterEach(() => fake.stop());

it('C24 fails at once what must not come twice and the relay no longer has, and waits for what it has', async () => {
  for (const type of ['write_file', 'checkout_branch', 'read_file']) relay.scripts[type] = () => {};
  const attachment = await fake.attach();
  const write = attachment.command('write_file', { path: 'a', content: '1' });
  const checkout = attachment.command('checkout_branch', { branch: 'main' });
  const read = attachment.command('read_file', { path: 'a' });
  await relay.seen(() => relay.commands.length === 3);
  const [asked] = relay.commandsOf('checkout_branch');
  relay.requestsInFlight = [String(asked?.['request_id'])];
  relay.cut();
  await expect(write).rejects.toMatchObject({
    code: 'OUTCOME_UNKNOWN',
    message: expect.stringContaining('write_file'),
  });
  relay.answer(asked ?? { type: 'none' }, { success: true, branch: 'main' });
  expect(await checkout).toMatchObject({ branch: 'main' });
  await relay.seen(() => relay.commandsOf('read_file').length === 2);
  relay.answer(relay.commandsOf('read_file')[0] ?? { type: 'none' }, { success: true, content: 'x' });
  expect(await read).toMatchObject({ content: 'x' });
  expect(relay.commandsOf('write_file')).toHaveLength(1);
});

it('C26 hears out a relay that restarts, and sends again what that says not to have read', async () => {
  for (const type of ['write_file', 'edit_file']) relay.scripts[type] = () => {};
  const attachment = await fake.attach();
  const states = attachment.states();
  await states.next();
  const write = attachment.command('write_file', { path: 'a', content: '1' });
  const edit = attachment.command('edit_file', { file_path: 'a', old_string: '1', new_string: '2' });
  await relay.seen(() => relay.commands.length === 2);
  const [control] = relay.open('control');
  const read = (control?.received ?? []).findIndex(({ type }) => type === 'edit_file');
  delete relay.scripts['edit_file'];
  relay.open('stream')[0]?.ws.close(1012, 'The relay restarts; reconnect.');
  for (const command of relay.commandsOf('write_file')) relay.answer(command, { success: true, path: 'a' });
  control?.ws.close(1012, `Messages-Read: ${read}. The relay restarts; reconnect.`);
  expect(await write).toMatchObject({ path: 'a' });
  expect(await edit).toMatchObject({ success: true });
  expect((await states.next()).value).toEqual({
    phase: 'reconnecting',
    reason: expect.stringMatching(/^(control|stream) closed with 1012 \(The relay restarts; reconnect\.\)$/),
  });
  expect(relay.commandsOf('write_file')).toHaveLength(1);
  expect(relay.commandsOf('edit_file')).toHaveLength(2);
});

it('C26 sends again what a relay that turned it away says not to have read', async () => {
  relay.scripts['write_file'] = () => {};
  const attachment = await fake.attach();
  const write = attachment.command('write_file', { path: 'a', content: '1' });
  await relay.seen(() => relay.commandsOf('write_file').length === 1);
  delete relay.scripts['write_file'];
  const [control] = relay.open('control');
  control?.ws.close(1013, 'Messages-Read: 0. The relay node that serves this environment is away; reconnect.');
  expect(await write).toMatchObject({ success: true });
  expect(relay.commandsOf('write_file')).toHaveLength(2);
});
