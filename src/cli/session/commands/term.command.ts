import type { RemoteTerminal } from '../../../client/index.js';
import { visible } from '../../text.js';
import { aborted } from '../../waiting.js';
import type { SessionCommand } from './session-command.js';

/** Ctrl-], as telnet has it: hardly a program wants it. */
const LEAVE = '\u001d';
/** A beep: the key went nowhere. */
const BELL = '\u0007';

export const termCommand: SessionCommand = {
  name: 'term',
  usage: '[command]',
  description: 'a terminal on the device; Ctrl-] ends it',
  async run(command, { attachment, terminal, surroundings, signal }) {
    const { workingDirectory: cwd } = surroundings;
    await terminal.output.line('A terminal on the device; Ctrl-] ends it.');
    const abandoned = new AbortController();
    let remote: RemoteTerminal | undefined;
    let isLeaving = false;
    const typed = (text: string): void => {
      const [keys = '', ...after] = text.split(LEAVE);
      if (keys !== '' && remote?.write(keys) !== true) void screen.write(BELL);
      if (after.length === 0) return;
      // The first lets what runs there clear the screen; the second does not wait for that.
      if (isLeaving || remote?.kill() !== true) abandoned.abort();
      isLeaving = true;
    };
    const resized = (): void => void remote?.resize(screen.size.cols, screen.size.rows);
    const screen = terminal.lend({ typed, resized });
    let outcome = '';
    const show = async (): Promise<void> => {
      const what = { ...(cwd === '' ? {} : { cwd }), ...(command === '' ? {} : { command }) };
      remote = await attachment.openTerminal({ ...screen.size, ...what });
      if (abandoned.signal.aborted) return void remote.kill();
      for await (const text of remote.output) if (!abandoned.signal.aborted) await screen.write(text);
      const { exitCode, error } = await remote.exited;
      if (error !== undefined) outcome = visible(error);
      else if (exitCode !== 0 && !isLeaving) outcome = `(exit code ${exitCode})`;
    };
    try {
      await Promise.race([show(), aborted(AbortSignal.any([abandoned.signal, signal]))]);
    } finally {
      terminal.takeBack(screen);
    }
    if (outcome !== '') await terminal.output.line(outcome);
  },
};
