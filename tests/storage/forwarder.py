"""A TCP forwarder that can freeze or lose what a server answers, as networks do."""

import socket
import threading
from contextlib import suppress

CHUNK = 65536


class Forwarder:
    """Listens on a port of its own and passes bytes to `target` and back."""

    def __init__(self, target: tuple[str, int]) -> None:
        self.connections = 0
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self._lose = threading.Event()
        self._frozen = threading.Event()
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    def lose_next_answer(self) -> None:
        """Cut the next connection whose server answers, before the client sees a byte of it."""
        self._lose.set()

    def freeze(self) -> None:
        """Swallow every answer from now on; connections stay open."""
        self._frozen.set()

    def close(self) -> None:
        self._listener.close()
        for sock in self._open:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            sock.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(self._target)
                self.connections += 1
                self._open += [client, server]
                for job in ((client, server, False), (server, client, True)):
                    threading.Thread(target=self._pass, args=job, daemon=True).start()

    def _pass(self, source: socket.socket, sink: socket.socket, answers: bool) -> None:  # noqa: FBT001
        with suppress(OSError):
            while chunk := source.recv(CHUNK):
                if answers and self._frozen.is_set():
                    continue
                if answers and self._lose.is_set():
                    self._lose.clear()
                    break
                sink.sendall(chunk)
        for sock in (source, sink):
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
