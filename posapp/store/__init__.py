"""The files of the till: everything that must survive a power cut."""
