import { expect, test } from 'vitest';
import { events } from './events';

test('events are read however the bytes are cut', async () => {
  const text = 'event: ready\ndata: {}\n\n:\n\nevent: changes\ndata: {"ended":["ses_ä"]}\n\nevent: cut';
  const bytes = new TextEncoder().encode(text);
  for (const size of [1, 7, bytes.length]) {
    const stream = new ReadableStream<Uint8Array>({
      start(controller) {
        for (let at = 0; at < bytes.length; at += size) controller.enqueue(bytes.slice(at, at + size));
        controller.close();
      },
    });
    const found = [];
    for await (const event of events(stream)) found.push(event);
    expect(found).toEqual([
      { name: 'ready', data: '{}' },
      { name: 'changes', data: '{"ended":["ses_ä"]}' },
    ]);
  }
});
