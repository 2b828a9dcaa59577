import { Injectable } from '@nestjs/common';

@Injectable()
export class AppService {
  getHello(): string {
    return 'Hello World!';
  }

  async getStock(item: string): Promise<unknown> {
    const answer = await fetch(`${process.env.STOCK_URL}/items/${item}`);
    return answer.json();
  }
}
