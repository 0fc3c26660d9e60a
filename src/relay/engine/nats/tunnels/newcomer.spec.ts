import { expect, it } from 'vitest';
import { environmentIds, issueLease, type Environment } from '../../../environments/environment.js';
import type { AdmittedClient } from '../../../gateways/client.admission.js';
import type { AdmittedDevice } from '../../../gateways/device.admission.js';
import { decodeNewcomer, encodeNewcomer, type Newcomer } from './newcomer.js';

const IDENTITY = { organizationId: 'acme', tokenId: 'token', mayApprove: true };
const METADATA = { hostname: 'x'.repeat(10_000) };
const ENVIRONMENT: Environment = {
  ...environmentIds('acme', 'device-1', undefined),
  organizationId: 'acme',
  ownerTokenId: 'token',
  deviceId: 'device-1',
  listenerInstanceId: undefined,
  connectionName: 'laptop',
  metadata: METADATA,
  firstSeenAt: 1,
  registeredAt: 2,
  lastSeenAt: 3,
  lastHeartbeat: null,
  offline: null,
};
const { lease } = issueLease(ENVIRONMENT.id, 1, {});

function across(newcomer: Newcomer): Newcomer {
  const { id, newcomer: arrived } = decodeNewcomer(encodeNewcomer('tunnel-1', newcomer));
  expect(id).toBe('tunnel-1');
  return arrived;
}

it('a listener comes as it was let in, but for its metadata, which may be large', () => {
  const admitted: AdmittedDevice = {
    hello: { kind: 'paired', channel: 'control', attempt: 3, generation: 'g1' },
    standing: { state: 'valid', environment: ENVIRONMENT, lease },
    identity: IDENTITY,
    address: '192.0.2.1',
    asksForExpiry: true,
  };
  const newcomer: Newcomer = { kind: 'listener', environmentId: ENVIRONMENT.id, admitted };
  expect(encodeNewcomer('tunnel-1', newcomer).length).toBeLessThan(2_000);
  const environment = { ...ENVIRONMENT, metadata: {} };
  expect(across(newcomer)).toEqual({
    ...newcomer,
    admitted: { ...admitted, standing: { ...admitted.standing, environment } },
  });
  expect(admitted.standing).toMatchObject({ environment: { metadata: METADATA } });
});

it.each([0, 25, Infinity])('a client comes with the %o events of before that it asked for', (history) => {
  const attachment: AdmittedClient['attachment'] = {
    environmentId: ENVIRONMENT.id,
    tokenId: 'token',
    tokenName: 'phone',
    address: '192.0.2.1',
    client: 'client-1',
    agentId: undefined,
    conversationId: undefined,
    channel: 'control',
    chunks: true,
    asksForRequests: true,
    resume: { seq: 7, epoch: 'e1' },
    history,
    maySteer: true,
    mayApprove: false,
  };
  const admitted = { attachment, identity: IDENTITY, asksForExpiry: false, takesBatches: true };
  const newcomer: Newcomer = { kind: 'client', environmentId: ENVIRONMENT.id, admitted };
  expect(across(newcomer)).toEqual(newcomer);
});

it('a call comes without anything', () => {
  const newcomer: Newcomer = { kind: 'call', environmentId: ENVIRONMENT.id };
  expect(across(newcomer)).toEqual(newcomer);
});
