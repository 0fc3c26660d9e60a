// Accepts inputs without end and says which, until it is killed: node input-accepter.mjs <ledger file>
import { Logger } from '@nestjs/common';
import { acceptedInput } from '../../dist/conversations/input-queue.js';
import { LibsqlInputLedger } from '../../dist/conversations/libsql-input-ledger.js';

Logger.overrideLogger(false);
const ledger = LibsqlInputLedger.open(process.argv[2], 1_000_000);
const runtime = { agent_id: null, conversation_id: 'conv' };

function accept(n) {
  const id = `i${n}`;
  const messages = [{ role: 'user', content: 'x'.repeat(n % 5_000), client_message_id: `m-${id}` }];
  ledger.accept(runtime, acceptedInput(messages, new Date(0).toISOString(), id), {
    accepted: true,
    disposition: 'queued',
  });
  process.send(id, () => accept(n + 1));
}

accept(0);
