import { createHash } from 'node:crypto';
import { AccessService, type Identity, RelayError, RelayModule } from 'twinlane';

/** Who may do what, for instance from your own user database. */
export interface Account {
  readonly token: string;
  readonly mayApprove: boolean;
}

class Accounts extends AccessService {
  constructor(private readonly accounts: readonly Account[]) {
    super();
  }

  async identify(token: string | undefined): Promise<Identity> {
    const account = this.accounts.find((candidate) => candidate.token === token);
    if (!account) throw new RelayError('TOKEN_REFUSED');
    const tokenId = createHash('sha256').update(account.token).digest('hex').slice(0, 16);
    return { tokenId, organizationId: 'default', mayApprove: account.mayApprove };
  }
}

/** A relay with accounts of its own in place of a list of tokens. */
export function relayWithAccounts(accounts: readonly Account[]) {
  return RelayModule.forRoot({
    extend: { relay: { providers: [{ provide: AccessService, useFactory: () => new Accounts(accounts) }] } },
  });
}
