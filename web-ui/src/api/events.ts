// Server-sent events, read from an answer that goes on.

/** The events in a stream of text, as they are complete. */
export async function* events(stream: ReadableStream<Uint8Array>): AsyncGenerator<{ name: string; data: string }> {
  let text = '';
  const reader = stream.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>).getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    text += value;
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const lines = text.slice(0, end).split('\n');
      text = text.slice(end + 2);
      const field = (name: string) => lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
      const name = field('event');
      if (name) yield { name, data: field('data') ?? '' };
    }
  }
}
