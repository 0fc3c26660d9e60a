import { RequestError } from '@agentclientprotocol/sdk';

/** An error answer to the agent that says what is wrong with its request. */
export function badRequest(message: string): RequestError {
  return new RequestError(-32_602, message);
}
