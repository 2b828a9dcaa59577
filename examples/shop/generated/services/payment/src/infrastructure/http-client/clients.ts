import { Global, Inject, Injectable, Module } from '@nestjs/common';

import { SETTINGS, type Settings } from '../../config/configuration.js';
import { DependencyClient, type Policy } from './dependency-client.js';

const PAYMENT_PROVIDER_POLICY: Policy = {
  name: 'payment-provider',
  timeout_s: 2.0,
  attempts: 2,
  backoff_s: 0.2,
  breaker_failures: 5,
  breaker_reset_s: 30.0,
  concurrency: 20,
};

/** Authorises and captures at the card network. */
@Injectable()
export class PaymentProviderClient {
  /** Calls the dependency under its policy. */
  readonly http: DependencyClient;

  constructor(@Inject(SETTINGS) settings: Settings) {
    this.http = new DependencyClient(PAYMENT_PROVIDER_POLICY, settings.payment_provider_url);
  }
}

/** The clients of the services that this one calls: inject them where a rule needs them. */
@Global()
@Module({ providers: [PaymentProviderClient], exports: [PaymentProviderClient] })
export class ClientsModule {}
