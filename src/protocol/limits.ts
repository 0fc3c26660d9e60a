/** One limit of a relay, and who has run into it since its process began. */
export interface RefusedCount {
  /** As the metric `twinlane_relay_limited_total` calls it. */
  readonly limit: string;
  readonly count: number;
}

/** `GET /v1/limits`: what one token, one address or one client may ask of this relay (docs/configuration.md). */
export interface LimitsInfo {
  /** Each option of the limits with the number that counts. */
  readonly limits: Readonly<Record<string, number>>;
  /** How often somebody ran into one since `since`, the most often first; null for who does not operate the relay. */
  readonly refused: readonly RefusedCount[] | null;
  /** Epoch milliseconds: when this process of the relay began to count. */
  readonly since: number;
}
