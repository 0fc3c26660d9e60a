import { expect, it } from 'vitest';
import { attach, contentOf, MAX_BYTES } from './attachments.js';

it('carries pictures in base64, texts as they are, and other files in base64', async () => {
  const picture = await attach(new File([new Uint8Array([1, 2, 255])], 'a.png', { type: 'image/png' }));
  expect(picture.part).toEqual({ type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AQL/' } });
  const text = await attach(new File(['ünï'], 'notes with blank.md'));
  expect(text.part).toEqual({
    type: 'resource',
    resource: { uri: 'file:///notes%20with%20blank.md', mimeType: 'text/plain', text: 'ünï' },
  });
  const binary = await attach(new File([new Uint8Array([0xff, 0xfe, 0])], 'x.bin'));
  expect(binary.part).toMatchObject({ resource: { mimeType: 'application/octet-stream', blob: '//4A' } });
  expect(contentOf('look', [picture])).toEqual([{ type: 'text', text: 'look' }, picture.part]);
  expect(contentOf('look', [])).toBe('look');
});

it('says which file is too large', async () => {
  const large = new File([new Uint8Array(MAX_BYTES + 1)], 'large.iso');
  await expect(attach(large)).rejects.toThrow(/large\.iso is too large \(5\.0 MB\)/);
});
