import { Controller, Get, Header } from '@nestjs/common';
import { readFile } from 'node:fs/promises';
import { RelayError } from '../relay.error.js';

/** Documents come with the package; tests hold them equal to the code. */
const FOLDER = new URL('../../../docs/', import.meta.url);

/** What this relay serves, for programs: the same documents as in `docs/`. They tell nothing of this relay, and need no token. */
@Controller('v1')
export class ApiDocumentsController {
  private readonly texts = new Map<string, Promise<string>>();

  /**
   * This document.
   *
   * @throws RelayError PATH_UNKNOWN
   */
  @Get('openapi.json')
  @Header('Content-Type', 'application/json; charset=utf-8')
  openApi(): Promise<string> {
    return this.text('openapi.json');
  }

  /**
   * What goes over sockets, as AsyncAPI 3.
   *
   * @throws RelayError PATH_UNKNOWN
   */
  @Get('asyncapi.json')
  @Header('Content-Type', 'application/json; charset=utf-8')
  asyncApi(): Promise<string> {
    return this.text('asyncapi.json');
  }

  private text(name: string): Promise<string> {
    const known = this.texts.get(name);
    if (known) return known;
    const text = readFile(new URL(name, FOLDER), 'utf8').catch((cause: unknown) => {
      this.texts.delete(name);
      throw new RelayError(
        'PATH_UNKNOWN',
        `${name} did not come with this installation; it is in docs/ of the package.`,
        {
          cause,
        },
      );
    });
    this.texts.set(name, text);
    return text;
  }
}
