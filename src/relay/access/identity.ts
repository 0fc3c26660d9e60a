/** Who presented a token, without the token itself. */
export interface Identity {
  /** Names the token; safe to log and to keep. */
  readonly tokenId: string;
  readonly organizationId: string;
  /** Whether it may answer a `control_request`. */
  readonly mayApprove: boolean;
}
