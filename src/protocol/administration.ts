/** What REST says of a token (protocol section 4): everything but the token itself. Times in epoch ms. */
export interface TokenEntry {
  /** Names it: safe to log and to keep. */
  readonly id: string;
  readonly organizationId: string;
  readonly name: string;
  readonly role: 'device' | 'client' | 'admin';
  /** Patterns of names of environments; `*` stands for any characters. */
  readonly environments: readonly string[];
  readonly access: 'watch' | 'steer';
  readonly mayApprove: boolean;
  readonly state: 'active' | 'expired' | 'revoked';
  readonly createdAt: number;
  /** The id of the token that made it. */
  readonly createdBy: string;
  /** Null: it does not expire. */
  readonly expiresAt: number | null;
  /** Within minutes. Null: never. */
  readonly lastUsedAt: number | null;
  readonly revokedAt: number | null;
}

/** `POST /v1/tokens`: the one time that a token is shown. */
export interface CreatedToken extends TokenEntry {
  readonly token: string;
}

/** `POST /v1/tokens`. */
export interface TokenRequest {
  readonly name: string;
  readonly role: TokenEntry['role'];
  /** Default: that of the token that asks. */
  readonly organizationId?: string;
  /** Default: all. */
  readonly environments?: readonly string[];
  /** Default: `steer`. */
  readonly access?: TokenEntry['access'];
  /** Default: false. */
  readonly mayApprove?: boolean;
  /** Epoch ms. Default: never. */
  readonly expiresAt?: number;
}

export interface TokenPage {
  readonly tokens: readonly TokenEntry[];
  readonly hasNextPage: boolean;
}

/** What REST says of an organisation. */
export interface OrganizationEntry {
  readonly id: string;
  readonly name: string;
  /** Epoch ms. */
  readonly createdAt: number;
}

export interface OrganizationList {
  readonly organizations: readonly OrganizationEntry[];
}

/** `DELETE /v1/organizations/{id}`: what went with it. */
export interface RemovedOrganization extends OrganizationEntry {
  readonly revokedTokens: number;
  readonly deletedEnvironments: number;
}

/** `DELETE /v1/environments/{name}` and `POST /v1/environments/{name}/release`. */
export interface ChangedEnvironment {
  readonly id: string;
  readonly connectionName: string;
}
