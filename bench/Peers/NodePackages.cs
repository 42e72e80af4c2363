using JobSystem.Bench.Stack;

namespace JobSystem.Bench.Peers;

/// <summary>The peers that run on Node: their scripts, and the packages that their lock file names.</summary>
public static class NodePackages
{
    public static string Folder => Path.Combine(BenchStack.RepositoryRoot(), "bench", "Peers", "node");

    /// <summary>Installs what the lock file names, unless that is done. The packages' own scripts do not run: none is needed.</summary>
    public static Task Install(CancellationToken ct)
    {
        var installed = new FileInfo(Path.Combine(Folder, "node_modules", ".package-lock.json"));
        var wanted = new FileInfo(Path.Combine(Folder, "package-lock.json"));
        return installed.Exists && installed.LastWriteTimeUtc >= wanted.LastWriteTimeUtc
            ? Task.CompletedTask
            : Programs.Run("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], Folder, ct);
    }

    public static ProgramToRun Script(params string[] arguments) => new("node", ["peer.mjs", .. arguments]) { Folder = Folder };
}
