using JobSystem.ServiceDefaults.Configuration;
using Npgsql;

namespace JobSystem.ServiceDefaults.Postgres;

/// <summary>Understands <c>postgresql://user:password@host:port/database?sslmode=require</c> as libpq writes it.</summary>
public static class PostgresUrl
{
    /// <summary>The setting with the database that services have in common.</summary>
    public const string Setting = "JOBSYSTEM_POSTGRES";

    /// <summary>Converts to an Npgsql connection string; one that is given already is only validated.</summary>
    /// <exception cref="SettingException">The text is neither; the message never repeats the password.</exception>
    public static string ToConnectionString(string text)
    {
        try
        {
            return text.StartsWith("postgres://", StringComparison.Ordinal) || text.StartsWith("postgresql://", StringComparison.Ordinal)
                ? FromUrl(new Uri(text)).ConnectionString
                : new NpgsqlConnectionStringBuilder(text).ConnectionString;
        }
        catch (Exception error) when (error is UriFormatException or ArgumentException or FormatException)
        {
            throw new SettingException(
                $"The PostgreSQL address is not understood: {error.Message} "
                + "Expected postgresql://user:password@host:port/database or an Npgsql connection string.");
        }
    }

    static NpgsqlConnectionStringBuilder FromUrl(Uri url)
    {
        var builder = new NpgsqlConnectionStringBuilder();
        var (user, password) = UrlCredentials.Read(url);
        builder.Username = user;
        builder.Password = password;
        builder.Host = url.Host.Length > 0 ? url.Host.Trim('[', ']') : null;
        builder.Port = url.Port > 0 ? url.Port : NpgsqlConnection.DefaultPort;
        builder.Database = url.AbsolutePath.Length > 1 ? Uri.UnescapeDataString(url.AbsolutePath[1..]) : null;
        foreach (var pair in url.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var parts = pair.Split('=', 2);
            Set(builder, Uri.UnescapeDataString(parts[0]), Uri.UnescapeDataString(parts.ElementAtOrDefault(1) ?? ""));
        }

        return builder;
    }

    static void Set(NpgsqlConnectionStringBuilder builder, string key, string value) =>
        builder[key switch
        {
            "sslmode" => "SSL Mode",
            "sslrootcert" => "Root Certificate",
            "sslcert" => "SSL Certificate",
            "sslkey" => "SSL Key",
            "connect_timeout" => "Timeout",
            "application_name" => "Application Name",
            "target_session_attrs" => "Target Session Attributes",
            "dbname" => "Database",
            "user" => "Username",
            "search_path" => "Search Path",
            _ => key,
        }] = key == "sslmode" ? value.Replace("-", "", StringComparison.Ordinal) : value;
}
