import { exportJWK, exportSPKI, generateKeyPair, SignJWT, type CryptoKey, type JWK, type JWTPayload } from 'jose';
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

export const ISSUER = 'https://id.example';
export const AUDIENCE = 'twinlane';

interface KeyPair {
  readonly kid: string;
  readonly alg: string;
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
}

/** An identity provider on loopback: it shows its public keys, and signs whatever it is given. */
export class IdentityProvider {
  /** How often its keys were asked for. */
  asked = 0;
  /** What it answers with instead of its keys. */
  fault:
    | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string }
    | undefined;
  private shown: JWK[] = [];
  private readonly server: Server;

  private constructor(private newest: KeyPair) {
    this.server = createServer((_request, response) => {
      this.asked++;
      const { status, headers, body } = this.fault ?? { status: 200, body: JSON.stringify({ keys: this.shown }) };
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body);
    });
  }

  static async start(): Promise<IdentityProvider> {
    const provider = new IdentityProvider(await makeKey('first', 'ES256'));
    await provider.show();
    provider.server.listen(0, '127.0.0.1');
    await once(provider.server, 'listening');
    return provider;
  }

  get jwksUrl(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/jwks`;
  }

  /** What a relay is told of it. */
  get options() {
    return { issuer: ISSUER, audience: AUDIENCE, jwksUrl: this.jwksUrl };
  }

  /** From now on it signs with another key, and shows that one too. */
  async rotate(kid = 'second', alg = 'ES256'): Promise<void> {
    this.newest = await makeKey(kid, alg);
    await this.show();
  }

  /** From now on it shows this key otherwise. */
  change(kid: string, how: (shown: JWK) => JWK): void {
    this.shown = this.shown.map((key) => (key.kid === kid ? how(key) : key));
  }

  /** Text of the newest public key, as anybody may have it. */
  publicKeyText(): Promise<string> {
    return exportSPKI(this.newest.publicKey);
  }

  /** @param claims replace those of a client of the organisation `default` for an hour; an undefined one is left out */
  async sign(claims: Readonly<Record<string, unknown>> = {}, header: { readonly kid?: string } = {}): Promise<string> {
    const now = Math.floor(Date.now() / 1_000);
    const all = {
      iss: ISSUER,
      aud: AUDIENCE,
      sub: 'ada',
      iat: now,
      exp: now + 3_600,
      twinlane_organization: 'default',
      twinlane_role: 'client',
      ...claims,
    };
    const { privateKey, kid, alg } = this.newest;
    return new SignJWT(JSON.parse(JSON.stringify(all)) as JWTPayload)
      .setProtectedHeader({ alg, kid, ...header })
      .sign(privateKey);
  }

  async close(): Promise<void> {
    if (!this.server.listening) return;
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  private async show(): Promise<void> {
    const { publicKey, kid, alg } = this.newest;
    this.shown.push({ ...(await exportJWK(publicKey)), kid, alg, use: 'sig' });
  }
}

async function makeKey(kid: string, alg: string): Promise<KeyPair> {
  return { kid, alg, ...(await generateKeyPair(alg, { extractable: true })) };
}
