/** Cuts one word into the ids of its tokens; those that the model does not know are left out. */
export type WordCutter = (word: string) => readonly number[];
