import { Body, Controller, Get, Param, Put } from '@nestjs/common';
import { AppService } from './app.service';

@Controller()
export class AppController {
  constructor(private readonly appService: AppService) {}

  @Get()
  getHello(): string {
    return this.appService.getHello();
  }

  @Put('items/:item')
  updateItem(@Param('item') item: string, @Body() body: object): object {
    return { item_id: item, ...body };
  }

  @Get('items/:item/stock')
  getStock(@Param('item') item: string): Promise<unknown> {
    return this.appService.getStock(item);
  }
}
