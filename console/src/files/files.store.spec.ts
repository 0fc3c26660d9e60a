import { signal } from '@preact/signals';
import type { Attachment } from 'twinlane/client';
import { expect, it, vi } from 'vitest';
import { FakeAttachment, FakeDisk } from '../../../test/kit/fake-attachment.js';
import { ManualClock } from '../../../test/kit/manual-clock.js';
import { FilesStore } from './files.store.js';

/** A busy machine may take its time. */
const PATIENTLY = { timeout: 60_000 };

it('sees what comes and goes while the page is seen, over whatever attachment there is, and keeps what is typed', async () => {
  const clock = new ManualClock();
  const store = new FilesStore(clock);
  const names = (): string[] => store.tree.rows.value.map(({ key }) => key);
  const disk = new FakeDisk({ 'a.txt': 'one' });
  const first = disk.serve(new FakeAttachment());
  const attachment = signal<Attachment | undefined>(undefined);
  await expect(store.files.open('a.txt').then(() => store.files.active.value?.problem.value)).resolves.toContain(
    'Not connected',
  );
  const left = store.show({ attachment });
  attachment.value = first as unknown as Attachment;
  await expect.poll(names, PATIENTLY).toEqual(['a.txt']);
  await expect.poll(() => store.files.active.value?.text, PATIENTLY).toBe('one');
  store.files.active.value?.edit('typed');

  const unseen = store.keepLooking();
  disk.files.set('b.txt', '');
  await expect.poll(async () => (await clock.advance(5_000), names()), PATIENTLY).toEqual(['a.txt', 'b.txt']);
  const second = disk.serve(new FakeAttachment());
  attachment.value = second as unknown as Attachment;
  await expect.poll(() => second.of('watch_file'), PATIENTLY).toHaveLength(1);
  expect(store.files.active.value?.draft.value).toBe('typed');
  unseen();
  left();
  expect(clock.pending).toBe(0);
});

it('follows what an attachment tells only while the page is shown', () => {
  const store = new FilesStore(new ManualClock());
  const attachment = new FakeDisk({}).serve(new FakeAttachment()) as unknown as Attachment;
  const frames = vi.spyOn(attachment, 'frames');
  const left = store.show({ attachment: signal<Attachment | undefined>(attachment) });
  const [given] = frames.mock.lastCall ?? [];
  expect(given?.signal?.aborted).toBe(false);
  left();
  expect(given?.signal?.aborted).toBe(true);
});

it('looks again the more rarely the longer a look takes', async () => {
  const clock = new ManualClock();
  const store = new FilesStore(clock);
  const slow = new FakeDisk({ 'a.txt': '' }).serve(new FakeAttachment());
  slow.on(
    'list_in_directory',
    () => new Promise((answer) => clock.after(3_000, () => answer({ folders: [], files: ['a.txt'], hasMore: false }))),
  );
  const left = store.show({ attachment: signal(slow as unknown as Attachment) });
  await clock.advance(10_000);
  const unseen = store.keepLooking();
  await clock.advance(3_000);
  const looks = slow.of('list_in_directory').length;
  await clock.advance(29_000);
  expect(slow.of('list_in_directory')).toHaveLength(looks);
  await clock.advance(1_000);
  expect(slow.of('list_in_directory')).toHaveLength(looks + 1);
  await clock.advance(3_000);
  unseen();
  left();
  expect(clock.pending).toBe(0);
});
