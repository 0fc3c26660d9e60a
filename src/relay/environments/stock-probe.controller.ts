import { Controller, Get } from '@nestjs/common';

/** Stock listeners ask at start whether there is a server; the rest of what they ask gets the usual 404. */
@Controller('v1')
export class StockProbeController {
  /** There is a server. */
  @Get('health')
  health(): { status: 'ok' } {
    return { status: 'ok' };
  }
}
