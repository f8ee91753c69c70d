/** A connection that could not be made or used, with a code as node:net has them. Becomes an UpstreamError on its way up. */
export class ConnectionError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}
