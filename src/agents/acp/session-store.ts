import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Logger } from '@nestjs/common';
import { isRecord, type Runtime, runtimeKey } from '../../protocol/index.js';

const FILE = 'acp-sessions.json';
/** Sessions of agents hold what people wrote to them: this account alone reads their names. */
const FOLDER_RIGHTS = 0o700;
const FILE_RIGHTS = 0o600;

/**
 * The session of each runtime, so that a restarted listener goes on with it. One small file, written anew as a whole, or
 * memory alone. A file that cannot be read or written costs the sessions, never a turn.
 */
export class SessionStore {
  private readonly sessions = new Map<string, string>();
  private readonly logger = new Logger('AcpSessions');
  private readonly file: string | undefined;

  /**
   * @param command the agent's command line: sessions of another agent are none of this one's
   * @param maxSessions the one set longest ago goes
   */
  constructor(
    folder: string | undefined,
    private readonly command: string,
    private readonly maxSessions: number,
  ) {
    this.file = folder === undefined ? undefined : path.join(folder, FILE);
    if (this.file !== undefined) this.read(this.file);
  }

  get(runtime: Runtime): string | undefined {
    return this.sessions.get(runtimeKey(runtime));
  }

  set(runtime: Runtime, sessionId: string): void {
    const key = runtimeKey(runtime);
    if (this.sessions.get(key) === sessionId) return;
    this.sessions.delete(key);
    this.sessions.set(key, sessionId);
    for (const oldest of this.sessions.keys()) {
      if (this.sessions.size <= this.maxSessions) break;
      this.sessions.delete(oldest);
    }
    if (this.file !== undefined) this.write(this.file);
  }

  private read(file: string): void {
    try {
      const content: unknown = JSON.parse(readFileSync(file, 'utf8'));
      if (!isRecord(content) || content['command'] !== this.command || !isRecord(content['sessions'])) return;
      for (const [key, id] of Object.entries(content['sessions']))
        if (typeof id === 'string') this.sessions.set(key, id);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
      this.logger.warn(`${file} cannot be read, so agents begin new sessions: ${String(error)}`);
    }
  }

  private write(file: string): void {
    const text = JSON.stringify({ command: this.command, sessions: Object.fromEntries(this.sessions) });
    try {
      mkdirSync(path.dirname(file), { recursive: true, mode: FOLDER_RIGHTS });
      writeFileSync(`${file}.new`, text, { mode: FILE_RIGHTS });
      renameSync(`${file}.new`, file);
    } catch (error) {
      this.logger.warn(`${file} cannot be written, so a restarted listener begins new sessions: ${String(error)}`);
    }
  }
}
