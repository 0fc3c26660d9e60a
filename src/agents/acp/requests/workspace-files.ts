import { RequestError } from '@agentclientprotocol/sdk';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Workspace } from '../../../workspace/index.js';
import { numberIn, type Raw, textIn } from '../mapping/read.js';
import { badRequest } from './bad-request.js';

/** The files of the workspace, for an agent that asks its client for them. */
export class WorkspaceFiles {
  /** @param maxFileBytes of one file that is read */
  constructor(
    private readonly workspace: Workspace,
    private readonly maxFileBytes: number,
  ) {}

  /**
   * The real path that a request means.
   *
   * @param cwd what relative paths start from
   * @throws PathRefusedError when it leads out of the workspace (reliability C35)
   */
  async locate(params: Raw, cwd: string): Promise<string> {
    const wanted = textIn(params, 'path');
    if (wanted === undefined) throw badRequest('path: text is missing.');
    return this.workspace.resolve(wanted, cwd);
  }

  /** @param params `line` counts from 1, `limit` is a number of lines */
  async read(file: string, params: Raw): Promise<{ readonly content: string }> {
    const size = await sizeOf(file);
    // Agents tell by this error that a file is new.
    if (size === undefined) throw RequestError.resourceNotFound(file);
    if (size > this.maxFileBytes)
      throw badRequest(`${file} has ${size} bytes; at most ${this.maxFileBytes} are read through the listener.`);
    const content = await readFile(file, 'utf8');
    const [line, limit] = [numberIn(params, 'line'), numberIn(params, 'limit')];
    if (line === undefined && limit === undefined) return { content };
    const from = Math.max(0, (line ?? 1) - 1);
    const lines = content.split('\n').slice(from, limit === undefined ? undefined : from + limit);
    return { content: lines.join('\n') };
  }

  /** The text that a file has now; undefined where there is none, or too much. @throws a bad request when it is no file */
  async present(file: string): Promise<string | undefined> {
    const size = await sizeOf(file);
    return size === undefined || size > this.maxFileBytes ? undefined : readFile(file, 'utf8');
  }

  async write(file: string, params: Raw): Promise<void> {
    const content = textIn(params, 'content');
    if (content === undefined) throw badRequest('content: text is missing.');
    await sizeOf(file);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, content);
  }
}

/** Undefined where there is no such file. @throws a bad request when it is something else, such as a pipe, which might never end */
async function sizeOf(file: string): Promise<number | undefined> {
  const found = await stat(file).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  });
  if (found && !found.isFile()) throw badRequest(`${file} is no regular file; name one.`);
  return found?.size;
}
