"""Listens to Raw Input of Windows: which keyboard sent a key, told before the window gets the key itself.

Loaded on Windows only. The keyboards' ordinary messages stay on, since without them nobody could type;
keys of a paired scanner are taken out when the window tells of them. The window hears its scanners while
another one is in front, too. Written from the published interface and not tried: no Windows was at hand.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from ctypes import wintypes
from typing import Any, Protocol

from PySide6.QtCore import QAbstractNativeEventFilter, QByteArray, QCoreApplication, QTimer

from posapp.ui.raw_keys import SILENCE_MS, RawKeyboards, raw_key

WM_INPUT = 0x00FF
_RID_INPUT, _RIDI_DEVICENAME = 0x10000003, 0x20000007
_RIDEV_REMOVE, _RIDEV_INPUTSINK = 0x00000001, 0x00000100
_GENERIC_DESKTOP, _KEYBOARD = 1, 6
_HEADER_BYTES = 24
_FAILED = 0xFFFFFFFF


class RawSource(Protocol):
    """What the filter asks of the system."""

    def data(self, handle: int) -> bytes:
        """The RAWINPUT structure of a message's lParam; empty where it cannot be had."""

    def name(self, device: int) -> str:
        """What the system calls a device."""


class _Device(ctypes.Structure):
    _fields_ = (
        ("usage_page", wintypes.USHORT),
        ("usage", wintypes.USHORT),
        ("flags", wintypes.DWORD),
        ("target", wintypes.HWND),
    )


class SystemSource:
    """user32."""

    def __init__(self) -> None:
        self._user32: Any = ctypes.CDLL("user32")
        self._names: dict[int, str] = {}

    def register(self, window: int, *, on: bool) -> bool:
        """Have the keyboards' raw input sent to a window, or no more; False where the system refuses."""
        flags = _RIDEV_INPUTSINK if on else _RIDEV_REMOVE
        device = _Device(_GENERIC_DESKTOP, _KEYBOARD, flags, window if on else None)
        size = ctypes.sizeof(device)
        return bool(self._user32.RegisterRawInputDevices(ctypes.byref(device), 1, size))

    def data(self, handle: int) -> bytes:
        """The RAWINPUT structure of a message's lParam; empty where it cannot be had."""
        size = wintypes.UINT(64)
        buffer = ctypes.create_string_buffer(size.value)
        read = self._user32.GetRawInputData(
            ctypes.c_void_p(handle), _RID_INPUT, buffer, ctypes.byref(size), _HEADER_BYTES
        )
        return b"" if read & _FAILED == _FAILED else buffer.raw[:read]

    def name(self, device: int) -> str:
        """What the system calls a device; asked once."""
        if device not in self._names:
            size = wintypes.UINT(512)
            buffer = ctypes.create_unicode_buffer(size.value)
            self._user32.GetRawInputDeviceInfoW(
                ctypes.c_void_p(device), _RIDI_DEVICENAME, buffer, ctypes.byref(size)
            )
            self._names[device] = buffer.value
        return self._names[device]


class RawInputFilter(QAbstractNativeEventFilter):
    """Hands every raw key of the window's messages to the keyboards; takes none away."""

    def __init__(self, source: RawSource, keyboards: RawKeyboards, now_ms: Callable[[], int]) -> None:
        super().__init__()
        self._source = source
        self._keyboards = keyboards
        self._now_ms = now_ms
        self._timer = QTimer()
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._look)

    def nativeEventFilter(
        self, event_type: QByteArray | bytes | bytearray | memoryview, message: Any
    ) -> object:
        """Look at one message of the window system."""
        if QByteArray(event_type) == QByteArray(b"windows_generic_MSG"):
            told = wintypes.MSG.from_address(int(message))
            if told.message == WM_INPUT:
                self.heard(told.lParam)
        return False, 0

    def heard(self, handle: int) -> None:
        """One WM_INPUT message with this lParam."""
        key = raw_key(self._source.data(handle))
        if key is not None:
            self._keyboards.heard(key, self._source.name(key.device), self._now_ms())
            if self._keyboards.waiting:
                self._timer.start(SILENCE_MS + 1)

    def _look(self) -> None:
        self._keyboards.idle(self._now_ms())


def listen(
    window: int, keyboards: RawKeyboards, application: QCoreApplication | None, now_ms: Callable[[], int]
) -> RawInputFilter | None:
    """Install the filter for a window; None where the system refuses. The caller keeps what comes back."""
    source = SystemSource()
    if application is None or not source.register(window, on=True):
        return None
    made = RawInputFilter(source, keyboards, now_ms)
    application.installNativeEventFilter(made)
    return made
