/** What commands write to. */
export interface Console {
  write(text: string): void;
  readonly columns: number;
  readonly lines: number;
  /** Whether it is a terminal that shows colours and can be cleared. */
  readonly color: boolean;
}
