"""How the product adopts the SDK: the module that the draft imports from."""

from usher_client import LicenseClient

__all__ = ["LicenseClient"]
