// A process of its own that writes a journal, for tests that kill it or take its disk away. Runs what was built.
import { JournalStore, lockDirectory } from '../../dist/journal/index.js';
import { writeSync } from 'node:fs';

const [mode, target, epoch, first = '1', bytes = '0'] = process.argv.slice(2);
const runtimes = ['one', 'two', 'three'].map((conversation_id) => ({ agent_id: null, conversation_id }));
/** At once, whatever happens to this process next. */
const say = (line) => writeSync(1, `${line}\n`);

const modes = {
  /** Holds a directory's lock until it is killed. */
  lock() {
    lockDirectory(target);
    say('locked');
    setInterval(() => undefined, 60_000);
  },

  /** Appends numbered events as fast as they are committed, and says each number when it is. */
  async append() {
    const journal = JournalStore.openOne(target, { maxEntriesPerRuntime: 1_000_000 });
    for (let seq = Number(first); ; seq++) {
      const done = runtimes.map((runtime) => {
        const frame = JSON.stringify({ seq, pad: 'x'.repeat(Math.floor(Math.random() * Number(bytes))) });
        const { position } = journal.append(runtime, { epoch, seq, type: 'stream_delta', frame, keep: 'newest' });
        return journal.committed(runtime, position);
      });
      void Promise.all(done).then(() => say(seq));
      if (seq % 7 === 0) await Promise.all(done);
    }
  },

  /** Appends at the pace of `room()` until the disk fails and memory is full; goes on when that is over; then ends. */
  async fill() {
    const observer = {
      dropped: () => say('dropped'),
      degraded: (error) => say(`degraded ${error.code ?? error.message}`),
      unreadable: (error) => say(`unreadable ${error.message}`),
      recovered: () => say('recovered'),
      lost: (entries) => say(`lost ${entries}`),
    };
    const [runtime] = runtimes;
    const journal = JournalStore.openOne(target, { observer, maxUnwrittenBytes: 1_000_000, retryMs: 50, tailBytes: 1 });
    let seq = 0;
    while (!journal.full) {
      const { position } = journal.append(runtime, {
        epoch,
        seq: ++seq,
        type: 'stream_delta',
        frame: JSON.stringify({ seq, pad: 'x'.repeat(10_000) }),
      });
      if (!journal.full) await journal.committed(runtime, position);
    }
    const seen = journal.read(runtime, 0, Infinity);
    say(`full ${seq} ${seen.filter((entry, index) => entry.seq === index + 1).length}`);
    await journal.room();
    say('room');
    await journal.close();
    say('closed');
  },
};

await modes[mode]();
