using System.IO.Compression;
using System.Text;
using System.Xml.Linq;

namespace JobSystem.Packages.Tests;

/// <summary>A .nupkg or .snupkg: a zip archive with a nuspec.</summary>
public sealed class PackageFile
{
    readonly Dictionary<string, byte[]> files = [];

    public PackageFile(string path)
    {
        Path = path;
        using var archive = ZipFile.OpenRead(path);
        foreach (var entry in archive.Entries)
        {
            using var content = new MemoryStream();
            using var stream = entry.Open();
            stream.CopyTo(content);
            files[entry.FullName] = content.ToArray();
        }
        Metadata = XDocument.Load(new MemoryStream(Read(".nuspec"))).Root!.Elements().Single(x => x.Name.LocalName == "metadata");
    }

    public string Path { get; }

    public PackageFile Symbols => new(System.IO.Path.ChangeExtension(Path, ".snupkg"));

    /// <summary>Files of the package itself, without those of the archive's format.</summary>
    public IEnumerable<string> Names => files.Keys
        .Where(x => x is not "[Content_Types].xml" && !x.StartsWith("_rels/", StringComparison.Ordinal) && !x.StartsWith("package/", StringComparison.Ordinal))
        .Order(StringComparer.Ordinal);

    public IReadOnlyDictionary<string, byte[]> Contents => files;

    public string Version => Value("version")!;

    public XElement Metadata { get; }

    public IEnumerable<(string Id, string Version)> Dependencies => Metadata.Descendants().Where(x => x.Name.LocalName == "dependency")
        .Select(x => (x.Attribute("id")!.Value, x.Attribute("version")!.Value));

    public XElement? Element(string name) => Metadata.Elements().SingleOrDefault(x => x.Name.LocalName == name);

    public string? Value(string name) => Element(name)?.Value;

    public string ReadText(string end) => Encoding.UTF8.GetString(Read(end));

    /// <summary>The only file whose name ends so.</summary>
    public byte[] Read(string end) => files.Single(x => x.Key.EndsWith(end, StringComparison.Ordinal)).Value;
}
