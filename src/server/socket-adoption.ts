import { type ConnectOpts, Socket, type SocketConstructorOpts } from 'node:net';

/** Takes in the first `length` bytes of `buffer`, which are others after the call. */
export type OnBytes = (buffer: Buffer, length: number) => void;

/** Bytes that one read takes at most; as many as Node.js offers a read for 'data'. */
const readBytes = 64 * 1024;

/** All sockets read into this one: whoever keeps bytes copies them during the call. */
const readBuffer = Buffer.allocUnsafeSlow(readBytes);

/**
 * The same connection as a socket that reads into one buffer, shared by all, and calls `onBytes`
 * instead of emitting 'data'. A 'data' event allocates a buffer and goes all the way through a
 * stream: with many connections that was a twelfth of the processor time of a request.
 *
 * Node.js has this as the option `onread` (Node.js documentation, `new net.Socket`), but only for
 * a socket that one makes, not for one that a server accepted. So the handle moves from the
 * accepted socket to one made here. Where a socket keeps its handle is not documented: if that is
 * not as expected, `socket` itself is returned and emits 'data', so callers listen to that, too.
 *
 * @param socket accepted in this turn of the event loop, so that it has read nothing yet
 */
export function adoptSocket(socket: Socket, onBytes: OnBytes): Socket {
  const handle: unknown = Reflect.get(socket, '_handle');
  if (!readsIntoBuffers(handle)) return socket;
  const options: SocketConstructorOpts & ConnectOpts & { readonly handle: object } = {
    handle,
    allowHalfOpen: socket.allowHalfOpen,
    onread: {
      buffer: readBuffer,
      callback: (length) => {
        onBytes(readBuffer, length);
        return true;
      },
    },
  };
  const adopted = new Socket(options);
  if (Reflect.get(adopted, '_handle') !== handle) return socket;
  // What remains is a socket without a connection; its end lets the server forget it.
  Reflect.set(socket, '_handle', null);
  socket.destroy();
  return adopted;
}

function readsIntoBuffers(handle: unknown): handle is object {
  return typeof handle === 'object' && handle !== null && 'useUserBuffer' in handle;
}
