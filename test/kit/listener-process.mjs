// A listener in a process of its own, whose agent does what it is told, and which can kill itself where it matters:
// node listener-process.mjs '{ "options": {…}, "dieAt": "accepted" | "starting" | "started" }'
import { NestFactory } from '@nestjs/core';
import { inputLedgerProvider } from '../../dist/conversations/input-ledger.provider.js';
import { AgentProvider, inputText, JOURNAL, LINK_MONITOR, ListenerModule } from '../../dist/index.js';

const { options, dieAt } = JSON.parse(process.argv[2]);

/** `say X` says it, `hang` begins, says more when the test wants it, and never ends, `ask X` says it once a person agrees. */
class ScriptedAgent {
  async start(turn) {
    const [verb, rest = ''] = inputText(turn.messages).split(' ');
    process.send({ ran: inputText(turn.messages) });
    const say = (content) => turn.emit({ message_type: 'assistant_message', id: 'm', content });
    if (verb === 'hang') {
      say('begun');
      await new Promise((resolve) => process.once('message', resolve));
      for (let n = 1; n <= 50; n++) say(`text ${n}`);
      const journal = app.get(JOURNAL, { strict: false });
      await journal.committed(turn.runtime, journal.bounds(turn.runtime).head);
      process.send({ spoke: true });
      await new Promise(() => {});
    }
    if (verb === 'ask') {
      const { behavior } = await turn.askApproval({ tool_name: 'say', tool_call_id: 'call-1', input: { rest } });
      if (behavior === 'deny') return { stopReason: 'denied' };
    }
    say(rest);
    return { stopReason: 'end_turn' };
  }
}
AgentProvider('scripted')(ScriptedAgent);

function die() {
  process.kill(process.pid, 'SIGKILL');
  // Nothing more may happen, also if the signal takes a moment.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}

/** The ledger there is, but for the one moment at which the process is killed. */
const ledger = {
  ...inputLedgerProvider,
  useFactory(conversations) {
    const real = inputLedgerProvider.useFactory(conversations);
    const accept = real.accept.bind(real);
    const started = real.started.bind(real);
    real.accept = (...args) => {
      accept(...args);
      if (dieAt === 'accepted') die();
    };
    real.started = (...args) => {
      if (dieAt === 'starting') die();
      started(...args);
      if (dieAt === 'started') die();
    };
    return real;
  },
};

const app = await NestFactory.createApplicationContext(
  ListenerModule.forRoot({
    ...options,
    agent: 'scripted',
    extend: { listener: { providers: [ScriptedAgent, ledger] } },
  }),
  { logger: false },
);
async function stop() {
  await app.close();
  process.exit(0);
}
process.once('SIGTERM', () => void stop());
for await (const { phase } of app.get(LINK_MONITOR, { strict: false }).states())
  if (phase === 'ready') process.send({ ready: true });
