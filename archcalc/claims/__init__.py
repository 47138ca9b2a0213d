"""Audits: published figures against computed ones, under conventions that are searched for.

The package is not called ``audit``: that is the public function (docs/decisions/004-reports-package.md).
"""
