import type { FactoryProvider } from '@nestjs/common';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { ConversationsOptions } from './conversations.options.js';
import { INPUT_LEDGER, type InputLedger } from './input-ledger.js';
import { LibsqlInputLedger } from './libsql-input-ledger.js';
import { MemoryInputLedger } from './memory-input-ledger.js';

const LEDGER_FILE = 'ledger.db';
/** What people wrote to agents is for this account alone. */
const FOLDER_RIGHTS = 0o700;

/** A ledger on disk where the options name a folder, else one in memory. */
export const inputLedgerProvider: FactoryProvider<InputLedger> = {
  provide: INPUT_LEDGER,
  inject: [ConversationsOptions],
  useFactory: ({ dataDir, maxRememberedIds }: ConversationsOptions): InputLedger => {
    if (dataDir === undefined) return new MemoryInputLedger(maxRememberedIds);
    mkdirSync(dataDir, { recursive: true, mode: FOLDER_RIGHTS });
    return LibsqlInputLedger.open(path.join(dataDir, LEDGER_FILE), maxRememberedIds);
  },
};
