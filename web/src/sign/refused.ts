// Why this page does not sign or pair: shown like what the console refuses.
import { ProblemError } from "../api/client";

export class NotSigned extends ProblemError {
  constructor(detail: string, fix: string) {
    super({ type: "urn:tenon:problem:not-signed", title: "Not signed", status: 0, detail, fix });
  }
}
