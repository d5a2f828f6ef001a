"""Commands about rule files and the portal's catalog."""
