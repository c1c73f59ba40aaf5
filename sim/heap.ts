/** A binary min-heap: the item with the smallest key leaves first, in O(log n). */
export class Heap<Item extends { readonly key: number }> {
  readonly #items: Item[] = [];

  get size(): number {
    return this.#items.length;
  }

  /** The item with the smallest key, which stays in the heap. */
  peek(): Item | undefined {
    return this.#items[0];
  }

  add(item: Item): void {
    const items = this.#items;
    let at = items.length;
    items.push(item);
    while (at > 0) {
      const parentAt = (at - 1) >> 1;
      const parent = items[parentAt];
      if (parent === undefined || parent.key <= item.key) break;
      items[at] = parent;
      at = parentAt;
    }
    items[at] = item;
  }

  take(): Item | undefined {
    const items = this.#items;
    const [first] = items;
    const last = items.pop();
    if (last !== undefined && items.length > 0) this.#sink(last);
    return first;
  }

  /** Puts the item at the top and moves it down to where its key belongs. */
  #sink(item: Item): void {
    const items = this.#items;
    let at = 0;
    for (;;) {
      let childAt = 2 * at + 1;
      let child = items[childAt];
      const right = items[childAt + 1];
      if (child !== undefined && right !== undefined && right.key < child.key) {
        childAt += 1;
        child = right;
      }
      if (child === undefined || child.key >= item.key) break;
      items[at] = child;
      at = childAt;
    }
    items[at] = item;
  }
}
