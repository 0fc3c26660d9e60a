import { Controller, Delete, Get, HttpCode, Inject, Post, Req, Res, UseGuards } from '@nestjs/common';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { CLOCK } from '../../config/index.js';
import { SESSION_PATH, type Clock, type SessionInfo } from '../../protocol/index.js';
import { AccessGuard, Caller } from './access.guard.js';
import { assertMaySeeAny } from './assert-rights.js';
import { bearerOf } from './bearer.js';
import type { Identity } from './identity.js';
import { mayAdminister, mayApprove, mayOperate, maySteer } from './rights.js';
import { endedSessionCookie, sessionCookie } from './session-cookie.js';
import { TokenStore } from './tokens/token-store.js';
import { Audit, actorOf } from '../audit/audit.js';
import { RelayError } from '../relay.error.js';

/** Sessions of browsers: a token is exchanged for a cookie that no page can read (protocol section 4). */
@Controller(SESSION_PATH)
export class SessionController {
  constructor(
    private readonly tokens: TokenStore,
    private readonly audit: Audit,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /**
   * Begins a session with the token of the `Authorization` header: from now on the cookie counts for requests and sockets of pages that
   * this relay serves.
   *
   * @throws RelayError ACCESS_REFUSED, BAD_REQUEST
   */
  @Post()
  @HttpCode(200)
  @UseGuards(AccessGuard)
  async signIn(
    @Caller() caller: Identity,
    @Req() request: IncomingMessage,
    @Res({ passthrough: true }) response: ServerResponse,
  ): Promise<SessionInfo> {
    assertMaySeeAny(caller);
    const token = bearerOf(request);
    const cookie = token === undefined ? undefined : sessionCookie(request, token, caller.expiresAt, this.clock.now());
    if (cookie === undefined)
      throw new RelayError(
        'BAD_REQUEST',
        token === undefined
          ? 'A session begins with a token: send it as Authorization: Bearer <token>.'
          : 'This token is too long for a cookie; use it with a program, or have a shorter one made.',
      );
    const info = await this.describe(caller);
    response.setHeader('Set-Cookie', cookie);
    this.audit.record({ kind: 'session_begun', actor: actorOf(caller, request) });
    return info;
  }

  /** Who one is, and what one may. */
  @Get()
  @UseGuards(AccessGuard)
  show(@Caller() caller: Identity): Promise<SessionInfo> {
    assertMaySeeAny(caller);
    return this.describe(caller);
  }

  /** Ends the session of this browser, also one whose token has ended. The token goes on. */
  @Delete()
  signOut(
    @Req() request: IncomingMessage,
    @Res({ passthrough: true }) response: ServerResponse,
  ): { readonly signedOut: true } {
    response.setHeader('Set-Cookie', endedSessionCookie(request));
    return { signedOut: true };
  }

  private async describe(identity: Identity): Promise<SessionInfo> {
    const { tokenId, organizationId, role, environments, expiresAt } = identity;
    const record = await this.tokens.get(tokenId);
    return {
      tokenId,
      tokenName: record?.name ?? null,
      organizationId,
      role: role ?? null,
      environments: environments ?? null,
      maySteer: maySteer(identity),
      mayApprove: mayApprove(identity),
      mayAdminister: mayAdminister(identity),
      mayOperate: mayOperate(identity),
      expiresAt: expiresAt ?? null,
    };
  }
}
