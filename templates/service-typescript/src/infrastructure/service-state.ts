/** Where the service is in its life. */
export class ServiceState {
  /** Whether the service is about to stop: it finishes what it has and takes nothing new. */
  isStopping = false;
}
