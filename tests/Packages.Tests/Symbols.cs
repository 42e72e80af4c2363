using System.Reflection.Metadata;
using System.Text;

namespace JobSystem.Packages.Tests;

/// <summary>A portable PDB.</summary>
sealed class Symbols(byte[] file) : IDisposable
{
    static readonly Guid sourceLink = new("CC110556-A091-4D38-9FEC-25AB9A351A6A");

    readonly MetadataReaderProvider provider = MetadataReaderProvider.FromPortablePdbStream(new MemoryStream(file));

    MetadataReader Reader => provider.GetMetadataReader();

    /// <summary>What the library names in its debug directory.</summary>
    public Guid Id => new BlobContentId(Reader.DebugMetadataHeader!.Id).Guid;

    /// <summary>Paths of the sources.</summary>
    public IReadOnlyList<string> Documents => [.. Reader.Documents.Select(x => Reader.GetString(Reader.GetDocument(x).Name))];

    /// <summary>The JSON that says where a debugger finds the sources; null if there is none.</summary>
    public string? SourceLink => Reader.GetCustomDebugInformation(EntityHandle.ModuleDefinition).Select(Reader.GetCustomDebugInformation)
        .Where(x => Reader.GetGuid(x.Kind) == sourceLink).Select(x => Encoding.UTF8.GetString(Reader.GetBlobBytes(x.Value))).SingleOrDefault();

    public void Dispose() => provider.Dispose();
}
