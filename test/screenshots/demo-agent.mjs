// The agent that the pictures show: it speaks the Agent Client Protocol, and has one thing to say, whatever it is asked.
import * as acp from '@agentclientprotocol/sdk';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Readable, Writable } from 'node:stream';

/** Between two words, in ms: as fast as a model that is not in a hurry. */
const WORD_MS = Number(process.env.DEMO_WORD_MS ?? 1);
const { session } = acp.methods.client;
const WRONG = '  return Math.floor(price * (100 - percent)) / 100;\n';
const RIGHT = '  // Cents, rounded half up, as on the receipt.\n  return Math.round(price * (100 - percent)) / 100;\n';

const BEFORE = `\`Math.floor\` in \`src/prices.js\` cuts discounts off instead of rounding them: 4.15 less 10 % is 3.735, and is shown as **3.73** where the receipt says 3.74. One line mends it.`;

const AFTER = `Prices with a discount are rounded half up now, as on the receipt:

| price | discount | before | now |
| ----: | -------: | -----: | ---: |
| 4.15 | 10 % | 3.73 | **3.74** |
| 9.99 | 15 % | 8.49 | 8.49 |
| 12.49 | 5 % | 11.86 | **11.87** |

\`\`\`js
export function discounted(price, percent) {
  // Cents, rounded half up, as on the receipt.
  return Math.round(price * (100 - percent)) / 100;
}
\`\`\`

All six tests pass.`;

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
let calls = 0;

async function prompt({ params, client }) {
  const { sessionId } = params;
  const cwd = process.cwd();
  const update = (fields) => client.notify(session.update, { sessionId, update: fields });
  const stream = async (sessionUpdate, text) => {
    const messageId = `message-${++calls}`;
    for (const word of text.split(/(?<=\s)/)) {
      await update({ sessionUpdate, messageId, content: { type: 'text', text: word } });
      await pause(WORD_MS);
    }
  };
  const plan = (at) =>
    update({
      sessionUpdate: 'plan',
      entries: ['Find where discounts are taken', 'Mend the rounding', 'Run the tests'].map((content, i) => ({
        content,
        priority: 'medium',
        status: i < at ? 'completed' : i === at ? 'in_progress' : 'pending',
      })),
    });
  const ask = async (toolCall) => {
    const options = [
      { optionId: 'allow', kind: 'allow_once', name: 'Allow once' },
      { optionId: 'always', kind: 'allow_always', name: 'Always allow' },
      { optionId: 'reject', kind: 'reject_once', name: 'Reject' },
    ];
    const { outcome } = await client.request(session.requestPermission, { sessionId, toolCall, options });
    return outcome.optionId !== undefined && outcome.optionId !== 'reject';
  };

  await stream('agent_thought_chunk', 'Somewhere a discount is cut off. Where are prices made?');
  await plan(0);
  const search = { toolCallId: `call-${++calls}`, title: 'discount in src', kind: 'search' };
  const found = [
    {
      type: 'content',
      content: {
        type: 'text',
        text: 'src/prices.js:3  discounted(price, percent)\nsrc/cart.js:7    discounted(item.price, item.percent)\n',
      },
    },
  ];
  await update({ sessionUpdate: 'tool_call', ...search, status: 'in_progress' });
  await update({
    sessionUpdate: 'tool_call_update',
    toolCallId: search.toolCallId,
    status: 'completed',
    content: found,
  });
  await stream('agent_message_chunk', BEFORE);
  await plan(1);

  const file = path.join(cwd, 'src/prices.js');
  const oldText = readFileSync(file, 'utf8');
  const newText = oldText.replace(WRONG, RIGHT);
  const diff = { type: 'diff', path: file, oldText, newText };
  const edit = {
    toolCallId: `call-${++calls}`,
    title: 'Edit src/prices.js',
    kind: 'edit',
    locations: [{ path: file }],
    rawInput: { path: 'src/prices.js' },
  };
  await update({ sessionUpdate: 'tool_call', ...edit, status: 'pending', content: [diff] });
  if (!(await ask({ ...edit, content: [diff] }))) return { stopReason: 'end_turn' };
  await client.request(acp.methods.client.fs.writeTextFile, { sessionId, path: file, content: newText });
  await update({ sessionUpdate: 'tool_call_update', toolCallId: edit.toolCallId, status: 'completed' });
  await plan(2);

  const command = 'node test/run.js';
  const run = { toolCallId: `call-${++calls}`, title: command, kind: 'execute', rawInput: { command } };
  await update({ sessionUpdate: 'tool_call', ...run, status: 'pending' });
  if (!(await ask(run))) return { stopReason: 'end_turn' };
  const terminal = await client.createTerminal({ sessionId, command });
  const content = [{ type: 'terminal', terminalId: terminal.id }];
  await update({ sessionUpdate: 'tool_call_update', toolCallId: run.toolCallId, status: 'in_progress', content });
  const { exitCode } = await terminal.waitForExit();
  await update({
    sessionUpdate: 'tool_call_update',
    toolCallId: run.toolCallId,
    status: exitCode === 0 ? 'completed' : 'failed',
  });
  await terminal.release();
  await plan(3);
  await stream('agent_message_chunk', AFTER);
  return { stopReason: 'end_turn', usage: { inputTokens: 6_412, outputTokens: 518, totalTokens: 6_930 } };
}

const { agent } = acp.methods;
const app = acp
  .agent({ name: 'demo' })
  .onRequest(agent.initialize, () => ({ protocolVersion: acp.PROTOCOL_VERSION, agentCapabilities: {} }))
  .onRequest(agent.session.new, () => ({ sessionId: `session-${++calls}` }))
  .onRequest(agent.session.prompt, prompt)
  .onNotification(agent.session.cancel, () => undefined);

const connection = app.connect(acp.ndJsonStream(Writable.toWeb(process.stdout), Readable.toWeb(process.stdin)));
void connection.closed.then(() => process.exit(0));
