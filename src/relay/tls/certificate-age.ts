/** Time that is left when a certificate expires soon; whoever renews by program does it earlier. In ms. */
const SOON_MS = 14 * 24 * 60 * 60 * 1_000;

export type CertificateAge = 'early' | 'good' | 'soon' | 'expired';

/** @param now epoch ms */
export function ageOf(
  { validFrom, validTo }: { readonly validFrom: Date; readonly validTo: Date },
  now: number,
): CertificateAge {
  if (now < validFrom.getTime()) return 'early';
  if (now >= validTo.getTime()) return 'expired';
  return now >= validTo.getTime() - SOON_MS && isLongLived(validFrom, validTo) ? 'soon' : 'good';
}

/** Of one that was made for a few days nobody needs to hear that it expires soon. */
function isLongLived(validFrom: Date, validTo: Date): boolean {
  return validTo.getTime() - validFrom.getTime() > 2 * SOON_MS;
}
