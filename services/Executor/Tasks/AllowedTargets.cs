using JobSystem.ServiceDefaults.Configuration;

namespace JobSystem.Executor.Tasks;

/// <summary>Pairs host:port that jobs may call although their addresses are not public.</summary>
public sealed class AllowedTargets
{
    public const string Setting = "JOBSYSTEM_HTTP_ALLOW";

    readonly HashSet<string> targets = [];

    public bool Contains(string host, int port) => targets.Contains(Key(host, port));

    /// <summary>Parses the entries of <see cref="Setting"/>.</summary>
    /// <exception cref="SettingException">An entry is not host:port.</exception>
    public static AllowedTargets Parse(IEnumerable<string> entries)
    {
        var allowed = new AllowedTargets();
        foreach (var entry in entries)
        {
            // Parsed as the URLs of jobs are, so that both have the same spelling
            if (!Uri.TryCreate($"http://{entry}/", UriKind.Absolute, out var uri) || uri.PathAndQuery != "/"
                || uri.UserInfo != "" || !HasPort(entry))
            {
                throw new SettingException(
                    $"{Setting} has the entry '{entry}', but each must be host:port, such as localhost:8080 or [::1]:8080.");
            }
            allowed.targets.Add(Key(uri.IdnHost, uri.Port));
        }
        return allowed;
    }

    static bool HasPort(string entry)
    {
        var colon = entry.LastIndexOf(':');
        return int.TryParse(entry.AsSpan(colon + 1), out var port) && port is > 0 and < 65536 && colon > entry.LastIndexOf(']');
    }

    static string Key(string host, int port) => $"{host.Trim('[', ']').ToLowerInvariant()} {port}";
}
