using MudBlazor;

namespace JobSystem.Monitoring.Dashboard.Parts;

/// <summary>Asks for a confirmation, and says what will happen.</summary>
static class Confirm
{
    public static async Task<bool> Ask(IDialogService dialogs, string title, string effect, string verb) =>
        await dialogs.ShowMessageBoxAsync(title, effect, yesText: verb, cancelText: "Keep as it is") == true;
}
