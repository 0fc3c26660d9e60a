import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type DeviceRooms, startDeviceRooms } from './device-rooms.js';

/** The rooms of a device whose workspace holds a few files, with bounds that are soon reached. */
export async function startFileRooms(): Promise<DeviceRooms> {
  const rooms = await startDeviceRooms({ commands: { maxAnswerBytes: 1_000, maxEntries: 6 } });
  const at = (...names: string[]): string => path.join(rooms.root, ...names);
  await mkdir(at('sub', 'deep'), { recursive: true });
  await mkdir(at('.letta'));
  await writeFile(at('a.txt'), 'hello world\nneedle here\nlast line\n');
  await writeFile(at('sub', 'b.js'), 'const needle = 1;');
  await writeFile(at('sub', 'bin.dat'), Buffer.from([0, 255, 254, 1, 2]));
  return rooms;
}
