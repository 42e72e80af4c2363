using Npgsql;

namespace JobSystem.Support;

static class Connection
{
    /// <summary>The Npgsql connection string of a <c>postgresql://</c> URL.</summary>
    public static string PostgresString(Uri url)
    {
        var (user, password) = Credentials(url);
        return new NpgsqlConnectionStringBuilder
        {
            Host = url.Host,
            Port = url.Port > 0 ? url.Port : 5432,
            Username = user,
            Password = password,
            Database = Uri.UnescapeDataString(url.AbsolutePath.TrimStart('/')),
            IncludeErrorDetail = true,
        }.ConnectionString;
    }

    public static (string User, string? Password) Credentials(Uri url)
    {
        var parts = url.UserInfo.Split(':', 2);
        return (Uri.UnescapeDataString(parts[0]), parts.Length > 1 ? Uri.UnescapeDataString(parts[1]) : null);
    }
}
