namespace JobSystem.ServiceDefaults.Configuration;

/// <summary>User name and password of a URL.</summary>
static class UrlCredentials
{
    public static (string? User, string? Password) Read(Uri url)
    {
        if (url.UserInfo.Length == 0)
        {
            return (null, null);
        }

        var parts = url.UserInfo.Split(':', 2);
        return (Uri.UnescapeDataString(parts[0]), parts.Length > 1 ? Uri.UnescapeDataString(parts[1]) : null);
    }
}
