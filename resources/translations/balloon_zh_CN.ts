<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="zh_CN">
<context>
    <name>AboutBox</name>
    <message>
        <source>About Balloon</source>
        <translation>关于 Balloon</translation>
    </message>
    <message>
        <source>Version {version}</source>
        <translation>版本 {version}</translation>
    </message>
    <message>
        <source>Finds photos on your own computer by what is in them. Nothing leaves the computer.</source>
        <translation>按照片里的内容查找您电脑上的照片。任何内容都不会离开这台电脑。</translation>
    </message>
    <message>
        <source>Licences</source>
        <translation>许可证</translation>
    </message>
    <message>
        <source>from source</source>
        <translation>从源代码运行</translation>
    </message>
    <message>
        <source>Search model: {model}</source>
        <translation>搜索模型：{model}</translation>
    </message>
    <message>
        <source>Balloon is free software under the Apache License 2.0. It is made with:</source>
        <translation>Balloon 是采用 Apache License 2.0 的自由软件，使用了：</translation>
    </message>
</context>
<context>
    <name>AcceleratorChooser</name>
    <message>
        <source>Automatic</source>
        <translation>自动</translation>
    </message>
    <message>
        <source>Trying {name}…</source>
        <translation>正在试用 {name}…</translation>
    </message>
    <message>
        <source>Finding out what works here…</source>
        <translation>正在检查此电脑上可用的加速器…</translation>
    </message>
    <message>
        <source>BALLOON_ACCELERATOR decides this.</source>
        <translation>此项由 BALLOON_ACCELERATOR 决定。</translation>
    </message>
</context>
<context>
    <name>CaptionHeader</name>
    <message>
        <source>Thumbnail of {name}</source>
        <translation>{name} 的缩略图</translation>
    </message>
</context>
<context>
    <name>CaptionModel</name>
    <message>
        <source>On this photo</source>
        <translation>这张照片的说明</translation>
    </message>
    <message>
        <source>Captions that fit</source>
        <translation>相符的说明</translation>
    </message>
    <message>
        <source>Similarity {score}</source>
        <translation>相似度 {score}</translation>
    </message>
    <message>
        <source>From {photo}</source>
        <translation>来自 {photo}</translation>
    </message>
</context>
<context>
    <name>CaptionSource</name>
    <message>
        <source>Yours</source>
        <translation>您添加的</translation>
    </message>
    <message>
        <source>EXIF</source>
        <translation>EXIF</translation>
    </message>
    <message>
        <source>IPTC</source>
        <translation>IPTC</translation>
    </message>
    <message>
        <source>XMP</source>
        <translation>XMP</translation>
    </message>
    <message>
        <source>Sidecar file</source>
        <translation>附属文件</translation>
    </message>
    <message>
        <source>Imported</source>
        <translation>导入</translation>
    </message>
    <message>
        <source>Text in the photo</source>
        <translation>照片中的文字</translation>
    </message>
    <message>
        <source>Caption bank</source>
        <translation>说明库</translation>
    </message>
</context>
<context>
    <name>CaptionsPanel</name>
    <message>
        <source>Choose a photo to see the captions that fit it.</source>
        <translation>选择一张照片，查看与它相符的说明。</translation>
    </message>
    <message>
        <source>Looking for captions…</source>
        <translation>正在查找说明…</translation>
    </message>
    <message>
        <source>Language of the captions</source>
        <translation>说明的语言</translation>
    </message>
    <message>
        <source>All languages</source>
        <translation>所有语言</translation>
    </message>
    <message>
        <source>Source of the captions</source>
        <translation>说明的来源</translation>
    </message>
    <message>
        <source>All sources</source>
        <translation>所有来源</translation>
    </message>
    <message>
        <source>My library</source>
        <translation>我的图库</translation>
    </message>
    <message>
        <source>Caption bank</source>
        <translation>说明库</translation>
    </message>
    <message>
        <source>Captions</source>
        <translation>说明</translation>
    </message>
    <message>
        <source>Search for this caption</source>
        <translation>搜索这条说明</translation>
    </message>
    <message>
        <source>Accept</source>
        <translation>采用</translation>
    </message>
    <message>
        <source>Add this caption to the photo</source>
        <translation>把这条说明添加到照片</translation>
    </message>
    <message>
        <source>Edit</source>
        <translation>编辑</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>移除</translation>
    </message>
    <message>
        <source>Remove this caption from the photo; the file itself is not changed</source>
        <translation>从照片移除这条说明；文件本身不会改变</translation>
    </message>
    <message>
        <source>Copy</source>
        <translation>复制</translation>
    </message>
    <message>
        <source>Add a caption…</source>
        <translation>添加说明…</translation>
    </message>
    <message>
        <source>Add a caption</source>
        <translation>添加说明</translation>
    </message>
    <message>
        <source>Add</source>
        <translation>添加</translation>
    </message>
    <message>
        <source>No caption fits this photo yet. Add the first one below.</source>
        <translation>还没有与这张照片相符的说明。请在下方添加第一条。</translation>
    </message>
    <message>
        <source>Try again</source>
        <translation>重试</translation>
    </message>
    <message>
        <source>Removed “{caption}”.</source>
        <translation>已移除“{caption}”。</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>撤销</translation>
    </message>
</context>
<context>
    <name>Chip</name>
    <message>
        <source>Remove “{chip}”</source>
        <translation>移除“{chip}”</translation>
    </message>
</context>
<context>
    <name>ChipRow</name>
    <message>
        <source>What was understood</source>
        <translation>理解到的内容</translation>
    </message>
</context>
<context>
    <name>CopyableLabel</name>
    <message>
        <source>Copy</source>
        <translation>复制</translation>
    </message>
    <message>
        <source>Select all</source>
        <translation>全选</translation>
    </message>
</context>
<context>
    <name>DiagnosticReport</name>
    <message>
        <source>Diagnostic report</source>
        <translation>诊断报告</translation>
    </message>
    <message>
        <source>Include names of files and folders</source>
        <translation>包含文件和文件夹的名称</translation>
    </message>
    <message>
        <source>This is all that is copied. It never contains your photos.</source>
        <translation>复制的内容仅限于此，绝不包含您的照片。</translation>
    </message>
    <message>
        <source>Copy report</source>
        <translation>复制报告</translation>
    </message>
    <message>
        <source>Looking at this computer…</source>
        <translation>正在检查这台电脑…</translation>
    </message>
    <message>
        <source>The report has been copied.</source>
        <translation>报告已复制。</translation>
    </message>
</context>
<context>
    <name>ExcludeDialog</name>
    <message>
        <source>Leave out of “{folder}”</source>
        <translation>在“{folder}”中排除</translation>
    </message>
    <message>
        <source>Patterns, one a line</source>
        <translation>模式，每行一个</translation>
    </message>
    <message>
        <source>One pattern a line; * stands for any letters. What matches is not indexed. Files are untouched.</source>
        <translation>每行一个模式；* 代表任意字符。匹配的内容不会被索引，文件不受影响。</translation>
    </message>
    <message>
        <source>Try again</source>
        <translation>重试</translation>
    </message>
</context>
<context>
    <name>FirstStartPage</name>
    <message>
        <source>Add this folder</source>
        <translation>添加此文件夹</translation>
    </message>
    <message>
        <source>Choose other folders…</source>
        <translation>选择其他文件夹…</translation>
    </message>
    <message>
        <source>Choose folders…</source>
        <translation>选择文件夹…</translation>
    </message>
    <message>
        <source>Find photos by what is in them</source>
        <translation>按内容查找照片</translation>
    </message>
    <message>
        <source>Choose where your photos are. You can search as soon as the first ones have been looked at.</source>
        <translation>选择照片所在的位置。看完第一批照片后即可开始搜索。</translation>
    </message>
    <message>
        <source>Everything stays on this computer. Your photos are only read, never changed.</source>
        <translation>一切都留在这台电脑上。您的照片只会被读取，绝不会被更改。</translation>
    </message>
</context>
<context>
    <name>FolderDialogs</name>
    <message>
        <source>Choose folders with photos</source>
        <translation>选择存放照片的文件夹</translation>
    </message>
    <message>
        <source>Remove folder</source>
        <translation>移除文件夹</translation>
    </message>
    <message>
        <source>Stop watching “{folder}”?</source>
        <translation>不再关注“{folder}”？</translation>
    </message>
    <message>
        <source>Its photos leave the search results. The photos on disk are untouched.</source>
        <translation>其中的照片将不再出现在搜索结果中。磁盘上的照片不受影响。</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>移除</translation>
    </message>
</context>
<context>
    <name>FolderModel</name>
    <message>
        <source>Offline</source>
        <translation>离线</translation>
    </message>
    <message>
        <source>Paused</source>
        <translation>已暂停</translation>
    </message>
    <message>
        <source>Indexing {share}</source>
        <translation>正在索引 {share}</translation>
    </message>
    <message>
        <source>Looking for photos…</source>
        <translation>正在查找照片…</translation>
    </message>
    <message>
        <source>Up to date</source>
        <translation>已是最新</translation>
    </message>
    <message numerus="yes">
        <source>%Ln photo file(s)</source>
        <translation>
            <numerusform>%Ln 个照片文件</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln missing</source>
        <translation>
            <numerusform>缺少 %Ln 张</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln problem file(s)</source>
        <translation>
            <numerusform>%Ln 个问题文件</numerusform>
        </translation>
    </message>
    <message>
        <source>looked at once a minute</source>
        <translation>每分钟检查一次</translation>
    </message>
</context>
<context>
    <name>FolderPanel</name>
    <message>
        <source>Look for photos in “{folders}”?</source>
        <translation>在“{folders}”中查找照片吗？</translation>
    </message>
    <message>
        <source>Add</source>
        <translation>添加</translation>
    </message>
    <message>
        <source>Watched folders</source>
        <translation>关注的文件夹</translation>
    </message>
    <message>
        <source>No folder is watched yet. Add one, or drop it here.</source>
        <translation>还没有关注任何文件夹。请添加，或拖放到这里。</translation>
    </message>
    <message>
        <source>Add folders…</source>
        <translation>添加文件夹…</translation>
    </message>
    <message>
        <source>Rescan</source>
        <translation>重新扫描</translation>
    </message>
    <message>
        <source>Look for new and changed photos now</source>
        <translation>立即查找新增和更改的照片</translation>
    </message>
    <message>
        <source>Pause</source>
        <translation>暂停</translation>
    </message>
    <message>
        <source>Leave out…</source>
        <translation>排除…</translation>
    </message>
    <message>
        <source>Choose what is not indexed</source>
        <translation>选择哪些内容不索引</translation>
    </message>
    <message>
        <source>Remove…</source>
        <translation>移除…</translation>
    </message>
    <message>
        <source>Stop watching; the photos on disk are untouched</source>
        <translation>不再关注；磁盘上的照片不受影响</translation>
    </message>
    <message>
        <source>Resume</source>
        <translation>继续</translation>
    </message>
    <message>
        <source>Try again</source>
        <translation>重试</translation>
    </message>
</context>
<context>
    <name>Footer</name>
    <message>
        <source>Size of the tiles</source>
        <translation>缩略图大小</translation>
    </message>
</context>
<context>
    <name>IndexStatus</name>
    <message>
        <source>Progress of indexing</source>
        <translation>索引进度</translation>
    </message>
    <message>
        <source>Photos and words are encoded on: {provider}</source>
        <translation>照片和文字由此设备编码：{provider}</translation>
    </message>
    <message>
        <source>Index now</source>
        <translation>立即索引</translation>
    </message>
    <message>
        <source>Do not wait this time</source>
        <translation>这次不再等待</translation>
    </message>
    <message>
        <source>Resume</source>
        <translation>继续</translation>
    </message>
    <message>
        <source>Pause</source>
        <translation>暂停</translation>
    </message>
    <message>
        <source>Resume indexing</source>
        <translation>继续索引</translation>
    </message>
    <message>
        <source>Pause indexing</source>
        <translation>暂停索引</translation>
    </message>
    <message numerus="yes">
        <source>%Ln file(s) with problems</source>
        <translation>
            <numerusform>%Ln 个文件有问题</numerusform>
        </translation>
    </message>
    <message>
        <source>Show which files could not be used, and why</source>
        <translation>显示哪些文件无法使用及原因</translation>
    </message>
    <message>
        <source>Indexing is paused</source>
        <translation>索引已暂停</translation>
    </message>
    <message>
        <source>Looking for photos…</source>
        <translation>正在查找照片…</translation>
    </message>
    <message numerus="yes">
        <source>{indexed} of %Ln photo(s) can be searched</source>
        <translation>
            <numerusform>%Ln 张照片中有 {indexed} 张可以搜索</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln photo(s) can be searched</source>
        <translation>
            <numerusform>可搜索 %Ln 张照片</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln file(s) in your folders.</source>
        <translation>
            <numerusform>文件夹中共有 %Ln 个文件。</numerusform>
        </translation>
    </message>
    <message>
        <source>Indexing {done} of {total}</source>
        <translation>正在索引 {done} / {total}</translation>
    </message>
    <message>
        <source>Reading text in photos, {done} of {total}</source>
        <translation>正在识别照片中的文字 {done} / {total}</translation>
    </message>
    <message>
        <source>Learning captions, {done} of {total}</source>
        <translation>正在学习说明 {done} / {total}</translation>
    </message>
    <message>
        <source>{rate} photos/s</source>
        <translation>{rate} 张/秒</translation>
    </message>
    <message>
        <source>under a minute left</source>
        <translation>剩余不到一分钟</translation>
    </message>
    <message numerus="yes">
        <source>about %n minute(s) left</source>
        <translation>
            <numerusform>大约还需 %n 分钟</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>about %n hour(s) left</source>
        <translation>
            <numerusform>大约还需 %n 小时</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>InstallProgress</name>
    <message>
        <source>Progress of the installation</source>
        <translation>安装进度</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>停止</translation>
    </message>
    <message>
        <source>One moment…</source>
        <translation>请稍候…</translation>
    </message>
    <message>
        <source>Downloading: {done} of {total}</source>
        <translation>正在下载：{done} / {total}</translation>
    </message>
    <message>
        <source>Asking the hub…</source>
        <translation>正在查询模型仓库…</translation>
    </message>
    <message>
        <source>Downloading…</source>
        <translation>正在下载…</translation>
    </message>
    <message>
        <source>Copying…</source>
        <translation>正在复制…</translation>
    </message>
    <message>
        <source>Trying the model out…</source>
        <translation>正在试用模型…</translation>
    </message>
    <message>
        <source>Installing…</source>
        <translation>正在安装…</translation>
    </message>
    <message>
        <source>Converting the model…</source>
        <translation>正在转换模型…</translation>
    </message>
    <message>
        <source>The model {model} is installed.</source>
        <translation>模型 {model} 已安装。</translation>
    </message>
</context>
<context>
    <name>IssuesView</name>
    <message>
        <source>Files with problems</source>
        <translation>有问题的文件</translation>
    </message>
    <message>
        <source>Looking for files with problems…</source>
        <translation>正在查找有问题的文件…</translation>
    </message>
    <message>
        <source>Show in file manager</source>
        <translation>在文件管理器中显示</translation>
    </message>
    <message>
        <source>Copy path</source>
        <translation>复制路径</translation>
    </message>
    <message>
        <source>Retry all</source>
        <translation>全部重试</translation>
    </message>
    <message>
        <source>Try to read all these files again</source>
        <translation>再次尝试读取所有这些文件</translation>
    </message>
    <message numerus="yes">
        <source>%Ln file(s) could not be used. All others can be searched.</source>
        <translation>
            <numerusform>%Ln 个文件无法使用，其他文件均可搜索。</numerusform>
        </translation>
    </message>
    <message>
        <source>Every photo could be used.</source>
        <translation>所有照片均可使用。</translation>
    </message>
    <message>
        <source>Try again</source>
        <translation>重试</translation>
    </message>
    <message>
        <source>These files are being read again.</source>
        <translation>正在重新读取这些文件。</translation>
    </message>
</context>
<context>
    <name>LibraryPlace</name>
    <message>
        <source>Where the library lives</source>
        <translation>图库的位置</translation>
    </message>
    <message>
        <source>Copy path</source>
        <translation>复制路径</translation>
    </message>
    <message>
        <source>Move…</source>
        <translation>移动…</translation>
    </message>
    <message>
        <source>Move the library…</source>
        <translation>移动图库…</translation>
    </message>
    <message>
        <source>Choose where the library shall live</source>
        <translation>选择图库的位置</translation>
    </message>
    <message>
        <source>Move here</source>
        <translation>移动到这里</translation>
    </message>
    <message>
        <source>The library is being moved. You can search meanwhile.</source>
        <translation>正在移动图库。期间可以继续搜索。</translation>
    </message>
    <message>
        <source>The library lives in {place} now.</source>
        <translation>图库现在位于 {place}。</translation>
    </message>
</context>
<context>
    <name>MainWindow</name>
    <message>
        <source>Captions</source>
        <translation>说明</translation>
    </message>
    <message>
        <source>Folders</source>
        <translation>文件夹</translation>
    </message>
    <message>
        <source>Menu</source>
        <translation>菜单</translation>
    </message>
    <message>
        <source>Search</source>
        <translation>搜索</translation>
    </message>
    <message>
        <source>Preferences…</source>
        <translation>偏好设置…</translation>
    </message>
    <message>
        <source>Keyboard shortcuts</source>
        <translation>键盘快捷键</translation>
    </message>
    <message>
        <source>Diagnostic report…</source>
        <translation>诊断报告…</translation>
    </message>
    <message>
        <source>About Balloon</source>
        <translation>关于 Balloon</translation>
    </message>
    <message>
        <source>Quit</source>
        <translation>退出</translation>
    </message>
</context>
<context>
    <name>MessagePage</name>
    <message>
        <source>Try for example</source>
        <translation>试试这些</translation>
    </message>
</context>
<context>
    <name>ModelAdding</name>
    <message>
        <source>Add a search model</source>
        <translation>添加搜索模型</translation>
    </message>
    <message>
        <source>Address of a mirror</source>
        <translation>镜像地址</translation>
    </message>
    <message>
        <source>Models that can be added</source>
        <translation>可以添加的模型</translation>
    </message>
    <message>
        <source>Install</source>
        <translation>安装</translation>
    </message>
    <message>
        <source>owner/name of a model, or the path of a folder</source>
        <translation>模型的 owner/name，或文件夹的路径</translation>
    </message>
    <message>
        <source>Another model</source>
        <translation>其他模型</translation>
    </message>
    <message>
        <source>Folder…</source>
        <translation>文件夹…</translation>
    </message>
    <message>
        <source>Install another model</source>
        <translation>安装其他模型</translation>
    </message>
    <message>
        <source>Mirror</source>
        <translation>镜像</translation>
    </message>
    <message>
        <source>A model is downloaded from {address} when you press Install, and never otherwise.</source>
        <translation>只有按下“安装”时才会从 {address} 下载模型，其他时候绝不会下载。</translation>
    </message>
    <message>
        <source>Choose the folder of a model</source>
        <translation>选择模型所在的文件夹</translation>
    </message>
    <message>
        <source>Search with it</source>
        <translation>用它搜索</translation>
    </message>
    <message>
        <source>Another model is being installed. Please wait until it is done.</source>
        <translation>正在安装另一个模型，请等待其完成。</translation>
    </message>
    <message>
        <source>Try again</source>
        <translation>重试</translation>
    </message>
</context>
<context>
    <name>ModelChooser</name>
    <message>
        <source>Add a model…</source>
        <translation>添加模型…</translation>
    </message>
    <message>
        <source>Remove a model</source>
        <translation>移除模型</translation>
    </message>
    <message>
        <source>{model} searches as soon as it has seen all photos.</source>
        <translation>{model} 看完所有照片后就会开始用于搜索。</translation>
    </message>
    <message>
        <source>searches {indexed} of {contents} photos</source>
        <translation>可搜索 {contents} 张照片中的 {indexed} 张</translation>
    </message>
</context>
<context>
    <name>OfferModel</name>
    <message>
        <source>many languages</source>
        <translation>多种语言</translation>
    </message>
    <message>
        <source>about {size} MB</source>
        <translation>约 {size} MB</translation>
    </message>
    <message>
        <source>about {size} GB</source>
        <translation>约 {size} GB</translation>
    </message>
    <message>
        <source>{set}: {percent} % (published in {source})</source>
        <translation>{set}：{percent}%（发布于 {source}）</translation>
    </message>
</context>
<context>
    <name>OrderButton</name>
    <message>
        <source>Best match first</source>
        <translation>最相符的在前</translation>
    </message>
    <message>
        <source>Newest first</source>
        <translation>最新的在前</translation>
    </message>
    <message>
        <source>Order: {order}</source>
        <translation>排序：{order}</translation>
    </message>
</context>
<context>
    <name>Percent</name>
    <message>
        <source>{value} %</source>
        <translation>{value}%</translation>
    </message>
</context>
<context>
    <name>PhotoCommands</name>
    <message>
        <source>Choose a program</source>
        <translation>选择程序</translation>
    </message>
</context>
<context>
    <name>PhotoFacts</name>
    <message>
        <source>Facts about the photo</source>
        <translation>照片信息</translation>
    </message>
    <message>
        <source>The folder of this photo is not connected.</source>
        <translation>这张照片所在的文件夹未连接。</translation>
    </message>
    <message numerus="yes">
        <source>%Ln file(s) with this picture</source>
        <translation>
            <numerusform>%Ln 个文件含有这张图片</numerusform>
        </translation>
    </message>
    <message>
        <source>Taken</source>
        <translation>拍摄时间</translation>
    </message>
    <message>
        <source>Camera</source>
        <translation>相机</translation>
    </message>
    <message>
        <source>Size</source>
        <translation>大小</translation>
    </message>
    <message>
        <source>Place</source>
        <translation>地点</translation>
    </message>
    <message>
        <source>Captions</source>
        <translation>说明</translation>
    </message>
    <message>
        <source>None yet</source>
        <translation>暂无</translation>
    </message>
    <message>
        <source>Find similar captions</source>
        <translation>查找相似的说明</translation>
    </message>
</context>
<context>
    <name>PhotoGrid</name>
    <message>
        <source>Photos</source>
        <translation>照片</translation>
    </message>
</context>
<context>
    <name>PhotoMenu</name>
    <message>
        <source>Photo</source>
        <translation>照片</translation>
    </message>
    <message>
        <source>Show in file manager</source>
        <translation>在文件管理器中显示</translation>
    </message>
    <message>
        <source>Copy file</source>
        <translation>复制文件</translation>
    </message>
    <message numerus="yes">
        <source>Copy %Ln file(s)</source>
        <translation>
            <numerusform>复制 %Ln 个文件</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Copy %Ln path(s)</source>
        <translation>
            <numerusform>复制 %Ln 个路径</numerusform>
        </translation>
    </message>
    <message>
        <source>Copy path</source>
        <translation>复制路径</translation>
    </message>
    <message>
        <source>Properties</source>
        <translation>属性</translation>
    </message>
    <message>
        <source>Find similar photos</source>
        <translation>查找相似的照片</translation>
    </message>
    <message>
        <source>Find similar captions</source>
        <translation>查找相似的说明</translation>
    </message>
    <message>
        <source>Search with this photo and words…</source>
        <translation>用这张照片加文字搜索…</translation>
    </message>
    <message>
        <source>Add a caption…</source>
        <translation>添加说明…</translation>
    </message>
    <message>
        <source>Why did this match?</source>
        <translation>为什么匹配？</translation>
    </message>
    <message>
        <source>Open</source>
        <translation>打开</translation>
    </message>
    <message>
        <source>Open with</source>
        <translation>打开方式</translation>
    </message>
    <message>
        <source>Default program</source>
        <translation>默认程序</translation>
    </message>
    <message>
        <source>Other program…</source>
        <translation>其他程序…</translation>
    </message>
</context>
<context>
    <name>PhotoModel</name>
    <message>
        <source>Possible matches</source>
        <translation>可能相符</translation>
    </message>
    <message numerus="yes">
        <source>%Ln more like it</source>
        <translation>
            <numerusform>另有 %Ln 张相近的照片</numerusform>
        </translation>
    </message>
    <message>
        <source>possible match</source>
        <translation>可能相符</translation>
    </message>
    <message>
        <source>its folder cannot be reached now</source>
        <translation>所在文件夹目前无法访问</translation>
    </message>
</context>
<context>
    <name>PhotoViewer</name>
    <message>
        <source>Photo</source>
        <translation>照片</translation>
    </message>
    <message>
        <source>Looking at the words…</source>
        <translation>正在分析词语…</translation>
    </message>
    <message>
        <source>No word of the query points to a part of this photo.</source>
        <translation>搜索的词语没有指向这张照片的任何部分。</translation>
    </message>
</context>
<context>
    <name>Place</name>
    <message>
        <source>{degrees}° N</source>
        <translation>北纬 {degrees}°</translation>
    </message>
    <message>
        <source>{degrees}° S</source>
        <translation>南纬 {degrees}°</translation>
    </message>
    <message>
        <source>{degrees}° E</source>
        <translation>东经 {degrees}°</translation>
    </message>
    <message>
        <source>{degrees}° W</source>
        <translation>西经 {degrees}°</translation>
    </message>
</context>
<context>
    <name>Preferences</name>
    <message>
        <source>Preferences</source>
        <translation>偏好设置</translation>
    </message>
    <message>
        <source>Accelerator</source>
        <translation>加速器</translation>
    </message>
    <message>
        <source>The extra “ocr” is not installed, so no text is read. Install it: {command}</source>
        <translation>未安装附加组件“ocr”，因此不会识别文字。安装命令：{command}</translation>
    </message>
    <message>
        <source>Follow the system</source>
        <translation>跟随系统</translation>
    </message>
    <message>
        <source>Light</source>
        <translation>浅色</translation>
    </message>
    <message>
        <source>Dark</source>
        <translation>深色</translation>
    </message>
    <message>
        <source>Language</source>
        <translation>语言</translation>
    </message>
    <message>
        <source>Theme</source>
        <translation>主题</translation>
    </message>
    <message>
        <source>Suggest captions from the caption bank</source>
        <translation>从说明库推荐说明</translation>
    </message>
    <message>
        <source>Read text in photos, so that it can be searched</source>
        <translation>识别照片中的文字，以便搜索</translation>
    </message>
    <message>
        <source>Index only on mains power</source>
        <translation>仅在接通电源时索引</translation>
    </message>
    <message>
        <source>Index only while nobody uses the computer</source>
        <translation>仅在无人使用电脑时索引</translation>
    </message>
    <message>
        <source>Processes that read photos</source>
        <translation>读取照片的进程数</translation>
    </message>
    <message>
        <source>Clear caches</source>
        <translation>清除缓存</translation>
    </message>
    <message>
        <source>General</source>
        <translation>通用</translation>
    </message>
    <message>
        <source>&amp;Language</source>
        <translation>语言(&amp;L)</translation>
    </message>
    <message>
        <source>&amp;Theme</source>
        <translation>主题(&amp;T)</translation>
    </message>
    <message>
        <source>Search model</source>
        <translation>搜索模型</translation>
    </message>
    <message>
        <source>The model decides what looks like what you type.</source>
        <translation>由模型判断哪些照片与您输入的内容相符。</translation>
    </message>
    <message>
        <source>&amp;Accelerator</source>
        <translation>加速器(&amp;A)</translation>
    </message>
    <message>
        <source>Captions and indexing</source>
        <translation>说明与索引</translation>
    </message>
    <message>
        <source>Text is read only where Balloon was installed with its extra “ocr”.</source>
        <translation>仅当 Balloon 安装了附加组件“ocr”时，才会识别文字。</translation>
    </message>
    <message>
        <source>&amp;Processes that read photos</source>
        <translation>读取照片的进程数(&amp;P)</translation>
    </message>
    <message>
        <source>Library</source>
        <translation>图库</translation>
    </message>
    <message>
        <source>The library holds what Balloon knows about your photos, not the photos themselves.</source>
        <translation>图库保存的是 Balloon 对照片的了解，而不是照片本身。</translation>
    </message>
    <message>
        <source>Place</source>
        <translation>位置</translation>
    </message>
    <message>
        <source>Caches are previews of photos you have looked at; they are made again.</source>
        <translation>缓存是您看过的照片的预览图，需要时会重新生成。</translation>
    </message>
    <message>
        <source>Caches</source>
        <translation>缓存</translation>
    </message>
    <message>
        <source>Caches cleared: {size} freed.</source>
        <translation>缓存已清除，释放了 {size}。</translation>
    </message>
    <message>
        <source>There was nothing to clear.</source>
        <translation>没有需要清除的缓存。</translation>
    </message>
    <message>
        <source>Try again</source>
        <translation>重试</translation>
    </message>
</context>
<context>
    <name>QAbstractFileIconProvider</name>
    <message>
        <source>Drive</source>
        <translation>驱动器</translation>
    </message>
    <message>
        <source>Folder</source>
        <comment>All other platforms</comment>
        <translation>文件夹</translation>
    </message>
</context>
<context>
    <name>QFileDialog</name>
    <message>
        <source>&amp;Look in:</source>
        <translation>查找范围(&amp;L)：</translation>
    </message>
    <message>
        <source>Files of &amp;type:</source>
        <translation>文件类型(&amp;T)：</translation>
    </message>
</context>
<context>
    <name>QueryHistory</name>
    <message>
        <source>Recent and saved searches</source>
        <translation>最近和已保存的搜索</translation>
    </message>
    <message>
        <source>Your recent searches will be here</source>
        <translation>您最近的搜索会显示在这里</translation>
    </message>
    <message>
        <source>Forget this saved search</source>
        <translation>删除这条已保存的搜索</translation>
    </message>
    <message>
        <source>Save this search</source>
        <translation>保存这次搜索</translation>
    </message>
    <message>
        <source>Clear recent searches</source>
        <translation>清除最近的搜索</translation>
    </message>
</context>
<context>
    <name>QuickPreview</name>
    <message>
        <source>Preview</source>
        <translation>预览</translation>
    </message>
    <message>
        <source>One moment…</source>
        <translation>请稍候…</translation>
    </message>
</context>
<context>
    <name>ResultsPage</name>
    <message>
        <source>Searching…</source>
        <translation>正在搜索…</translation>
    </message>
    <message>
        <source>Try again</source>
        <translation>重试</translation>
    </message>
    <message>
        <source>OK</source>
        <translation>好</translation>
    </message>
    <message>
        <source>Search is not available</source>
        <translation>暂时无法搜索</translation>
    </message>
    <message>
        <source>Index now</source>
        <translation>立即索引</translation>
    </message>
    <message>
        <source>Your photos have not been looked at yet</source>
        <translation>还没有查看您的照片</translation>
    </message>
    <message>
        <source>The first photos appear in a moment. You can search while the rest is looked at.</source>
        <translation>第一批照片马上就会出现。其余照片处理期间您就可以搜索。</translation>
    </message>
    <message>
        <source>Looking through your folders…</source>
        <translation>正在查看您的文件夹…</translation>
    </message>
    <message>
        <source>Add another folder, or put photos into one of yours: they appear by themselves.</source>
        <translation>添加其他文件夹，或把照片放进已有的文件夹：照片会自动出现。</translation>
    </message>
    <message>
        <source>Show folders</source>
        <translation>显示文件夹</translation>
    </message>
    <message>
        <source>There are no photos in your folders yet</source>
        <translation>您的文件夹中还没有照片</translation>
    </message>
    <message>
        <source>One moment…</source>
        <translation>请稍候…</translation>
    </message>
    <message>
        <source>Show the closest photos</source>
        <translation>显示最接近的照片</translation>
    </message>
    <message>
        <source>Search without “{filter}”</source>
        <translation>不限“{filter}”再搜索</translation>
    </message>
</context>
<context>
    <name>SearchBar</name>
    <message>
        <source>Search</source>
        <translation>搜索</translation>
    </message>
    <message>
        <source>Clear the search</source>
        <translation>清除搜索</translation>
    </message>
    <message>
        <source>Recent and saved searches</source>
        <translation>最近和已保存的搜索</translation>
    </message>
    <message>
        <source>Search your photos, for example “red balloon over the sea”</source>
        <translation>搜索您的照片，例如“海上的红气球”</translation>
    </message>
    <message>
        <source>Add words…</source>
        <translation>添加文字…</translation>
    </message>
</context>
<context>
    <name>ShortcutSheet</name>
    <message>
        <source>Everywhere</source>
        <translation>任何位置</translation>
    </message>
    <message>
        <source>Go to the search box</source>
        <translation>转到搜索框</translation>
    </message>
    <message>
        <source>Show these keys</source>
        <translation>显示这些快捷键</translation>
    </message>
    <message>
        <source>Folders</source>
        <translation>文件夹</translation>
    </message>
    <message>
        <source>Captions</source>
        <translation>说明</translation>
    </message>
    <message>
        <source>Preferences</source>
        <translation>偏好设置</translation>
    </message>
    <message>
        <source>Quit</source>
        <translation>退出</translation>
    </message>
    <message>
        <source>Photos</source>
        <translation>照片</translation>
    </message>
    <message>
        <source>Go from photo to photo</source>
        <translation>在照片之间移动</translation>
    </message>
    <message>
        <source>First and last photo</source>
        <translation>第一张和最后一张照片</translation>
    </message>
    <message>
        <source>Show the photo large</source>
        <translation>放大显示照片</translation>
    </message>
    <message>
        <source>Look at the photo for a moment</source>
        <translation>快速预览照片</translation>
    </message>
    <message>
        <source>Select all</source>
        <translation>全选</translation>
    </message>
    <message>
        <source>Copy the files</source>
        <translation>复制文件</translation>
    </message>
    <message>
        <source>Properties</source>
        <translation>属性</translation>
    </message>
    <message>
        <source>What can be done with the photo</source>
        <translation>可以对照片做的操作</translation>
    </message>
    <message>
        <source>Large photo</source>
        <translation>大图</translation>
    </message>
    <message>
        <source>Previous and next photo</source>
        <translation>上一张和下一张照片</translation>
    </message>
    <message>
        <source>Zoom in and out</source>
        <translation>放大和缩小</translation>
    </message>
    <message>
        <source>Show the whole photo</source>
        <translation>显示整张照片</translation>
    </message>
    <message>
        <source>Show its true size</source>
        <translation>显示实际大小</translation>
    </message>
    <message>
        <source>Move over the photo</source>
        <translation>在照片上移动</translation>
    </message>
    <message>
        <source>Show where the words are seen</source>
        <translation>显示词语对应的位置</translation>
    </message>
    <message>
        <source>Find similar captions</source>
        <translation>查找相似的说明</translation>
    </message>
    <message>
        <source>Show or hide the facts</source>
        <translation>显示或隐藏信息</translation>
    </message>
    <message>
        <source>Back to the photos</source>
        <translation>返回照片</translation>
    </message>
    <message>
        <source>Search for the caption</source>
        <translation>搜索这条说明</translation>
    </message>
    <message>
        <source>Add it to the photo</source>
        <translation>添加到照片</translation>
    </message>
    <message>
        <source>Change its words</source>
        <translation>修改文字</translation>
    </message>
    <message>
        <source>Remove it from the photo</source>
        <translation>从照片移除</translation>
    </message>
    <message>
        <source>Keyboard shortcuts</source>
        <translation>键盘快捷键</translation>
    </message>
</context>
<context>
    <name>SidePanel</name>
    <message>
        <source>Close the panel</source>
        <translation>关闭面板</translation>
    </message>
</context>
<context>
    <name>Tray</name>
    <message numerus="yes">
        <source>%Ln new photo(s) can be searched</source>
        <translation>
            <numerusform>又有 %Ln 张照片可以搜索</numerusform>
        </translation>
    </message>
    <message>
        <source>Show Balloon</source>
        <translation>显示 Balloon</translation>
    </message>
    <message>
        <source>Quit</source>
        <translation>退出</translation>
    </message>
</context>
<context>
    <name>UpdateCheck</name>
    <message>
        <source>Check for a newer version</source>
        <translation>检查新版本</translation>
    </message>
    <message>
        <source>One moment…</source>
        <translation>请稍候…</translation>
    </message>
    <message>
        <source>You have the newest version.</source>
        <translation>已是最新版本。</translation>
    </message>
    <message>
        <source>Version {version} can be had.</source>
        <translation>有新版本 {version}。</translation>
    </message>
    <message>
        <source>Balloon could not ask for a newer version.</source>
        <translation>暂时无法查询新版本。</translation>
    </message>
</context>
<context>
    <name>ViewerBar</name>
    <message>
        <source>Back to the photos</source>
        <translation>返回照片</translation>
    </message>
    <message>
        <source>Previous photo</source>
        <translation>上一张照片</translation>
    </message>
    <message>
        <source>Next photo</source>
        <translation>下一张照片</translation>
    </message>
    <message>
        <source>Zoom out</source>
        <translation>缩小</translation>
    </message>
    <message>
        <source>Zoom in</source>
        <translation>放大</translation>
    </message>
    <message>
        <source>Fit</source>
        <translation>适合窗口</translation>
    </message>
    <message>
        <source>Show the whole photo</source>
        <translation>显示整张照片</translation>
    </message>
    <message>
        <source>Why?</source>
        <translation>为什么？</translation>
    </message>
    <message>
        <source>Show where the words of the query are seen</source>
        <translation>显示搜索词语在照片中的位置</translation>
    </message>
    <message>
        <source>Facts</source>
        <translation>信息</translation>
    </message>
    <message>
        <source>Show the facts</source>
        <translation>显示信息</translation>
    </message>
    <message>
        <source>Zoom</source>
        <translation>缩放</translation>
    </message>
    <message>
        <source>{n} of {all}</source>
        <translation>第 {n} 张，共 {all} 张</translation>
    </message>
</context>
<context>
    <name>WindowPanels</name>
    <message>
        <source>Captions</source>
        <translation>说明</translation>
    </message>
    <message>
        <source>Folders</source>
        <translation>文件夹</translation>
    </message>
    <message>
        <source>Properties</source>
        <translation>属性</translation>
    </message>
</context>
<context>
    <name>WordChips</name>
    <message>
        <source>Words of the query</source>
        <translation>搜索的词语</translation>
    </message>
    <message>
        <source>Whole query</source>
        <translation>整个搜索</translation>
    </message>
    <message>
        <source>“{word}” matters {weight} for this photo</source>
        <translation>“{word}”对这张照片的重要性为 {weight}</translation>
    </message>
</context>
<context>
    <name>WorkersBox</name>
    <message>
        <source>Automatic</source>
        <translation>自动</translation>
    </message>
</context>
<context>
    <name>_Counts</name>
    <message numerus="yes">
        <source>%Ln photo(s)</source>
        <translation>
            <numerusform>%Ln 张照片</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln photo(s), the most similar first</source>
        <translation>
            <numerusform>%Ln 张照片，最相似的在前</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln match(es)</source>
        <translation>
            <numerusform>%Ln 张相符</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln possible</source>
        <translation>
            <numerusform>%Ln 张可能相符</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln possible match(es)</source>
        <translation>
            <numerusform>%Ln 张可能相符</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>chips</name>
    <message>
        <source>without {text}</source>
        <translation>不含 {text}</translation>
    </message>
    <message>
        <source>in folder {text}</source>
        <translation>文件夹 {text}</translation>
    </message>
    <message>
        <source>named {text}</source>
        <translation>文件名 {text}</translation>
    </message>
    <message>
        <source>camera {text}</source>
        <translation>相机 {text}</translation>
    </message>
    <message>
        <source>since {date}</source>
        <translation>{date}起</translation>
    </message>
    <message>
        <source>until {date}</source>
        <translation>截至{date}</translation>
    </message>
</context>
<context>
    <name>notices</name>
    <message>
        <source>This search could not be understood. Please try other words.</source>
        <translation>无法理解这次搜索。请换个说法试试。</translation>
    </message>
    <message>
        <source>This is no longer in the library. It may have been moved.</source>
        <translation>图库中已没有它，可能已被移动。</translation>
    </message>
    <message>
        <source>Another program is writing to this library. Searching works; changes have to wait until it is done.</source>
        <translation>另一个程序正在写入这个图库。可以搜索，更改需等它完成。</translation>
    </message>
    <message>
        <source>This library was made by a newer Balloon. Please update Balloon to open it.</source>
        <translation>这个图库由更新版本的 Balloon 创建。请更新 Balloon 后再打开。</translation>
    </message>
    <message>
        <source>This shared library was made by an older Balloon. Go on with that one, or ask whoever runs it.</source>
        <translation>这个共享图库由较旧版本的 Balloon 创建。请继续使用那个版本，或联系管理它的人。</translation>
    </message>
    <message>
        <source>The library&apos;s file belongs to another program. Please choose another place for the library.</source>
        <translation>图库文件属于其他程序。请为图库选择其他位置。</translation>
    </message>
    <message>
        <source>The library is damaged. Your photos are safe; “balloon check --repair” mends the library.</source>
        <translation>图库已损坏。您的照片是安全的；运行“balloon check --repair”可修复图库。</translation>
    </message>
    <message>
        <source>The place of your library cannot be reached. Connect its disk and try again.</source>
        <translation>无法访问图库所在的位置。请连接它所在的磁盘，然后重试。</translation>
    </message>
    <message>
        <source>The shared library cannot be reached. Check the network, or ask whoever runs it.</source>
        <translation>无法连接共享图库。请检查网络，或询问其管理者。</translation>
    </message>
    <message>
        <source>The library cannot live there. Please choose an empty folder that can be written to.</source>
        <translation>图库不能放在那里。请选择一个可以写入的空文件夹。</translation>
    </message>
    <message>
        <source>Balloon was started with a library of its own choice, which is not moved from here.</source>
        <translation>启动 Balloon 时指定了图库的位置，因此不能在这里移动。</translation>
    </message>
    <message>
        <source>This library may be searched, not changed. If it is yours, check the permissions of its folder.</source>
        <translation>这个图库只能搜索，不能更改。如果它是您的，请检查其文件夹的权限。</translation>
    </message>
    <message>
        <source>The disk is full. Free some space and Balloon goes on where it stopped.</source>
        <translation>磁盘已满。腾出一些空间后，Balloon 会从停下的地方继续。</translation>
    </message>
    <message>
        <source>This folder cannot be reached now. Connect its disk and it comes back by itself.</source>
        <translation>目前无法访问这个文件夹。连接所在磁盘后会自动恢复。</translation>
    </message>
    <message>
        <source>This folder cannot be added. It may be part of one that is already watched, or be a system folder.</source>
        <translation>无法添加这个文件夹。它可能属于已关注的文件夹，或是系统文件夹。</translation>
    </message>
    <message>
        <source>The search model is not on this computer. Please choose another one in the preferences.</source>
        <translation>这台电脑上没有该搜索模型。请在偏好设置中选择其他模型。</translation>
    </message>
    <message>
        <source>The search model is damaged. Please install it again, or choose another one in the preferences.</source>
        <translation>搜索模型已损坏。请重新安装，或在偏好设置中选择其他模型。</translation>
    </message>
    <message>
        <source>The model hub cannot be reached. Check the connection, or name a mirror in the preferences.</source>
        <translation>无法连接模型仓库。请检查网络，或在偏好设置中填写镜像地址。</translation>
    </message>
    <message>
        <source>This photo could not be read. The file may be damaged.</source>
        <translation>无法读取这张照片，文件可能已损坏。</translation>
    </message>
    <message>
        <source>This file does not have the form it should have.</source>
        <translation>这个文件的格式不符合要求。</translation>
    </message>
    <message>
        <source>A part of Balloon that this needs is not installed.</source>
        <translation>此功能所需的 Balloon 组件尚未安装。</translation>
    </message>
    <message>
        <source>Stopped.</source>
        <translation>已停止。</translation>
    </message>
    <message>
        <source>Something went wrong inside Balloon. It has been written to the log; please try again.</source>
        <translation>Balloon 内部出了问题，已记入日志；请重试。</translation>
    </message>
    <message>
        <source>The search engine stopped in the middle of this. Please try again.</source>
        <translation>搜索引擎在处理中途停止了。请重试。</translation>
    </message>
    <message>
        <source>The search engine is starting again. One moment…</source>
        <translation>搜索引擎正在重新启动，请稍候…</translation>
    </message>
    <message>
        <source>The search engine could not be kept running. Your photos and your library are safe.</source>
        <translation>搜索引擎无法保持运行。您的照片和图库都是安全的。</translation>
    </message>
    <message>
        <source>Another Balloon is writing to this library. You can search; new photos appear when it is closed.</source>
        <translation>另一个 Balloon 正在写入这个图库。您可以搜索；关闭它之后，新照片才会出现。</translation>
    </message>
    <message>
        <source>Something unexpected happened. Balloon goes on; details are in the log.</source>
        <translation>发生了意外情况。Balloon 会继续运行，详情已记入日志。</translation>
    </message>
    <message>
        <source>The file cannot be reached now. Its disk may not be connected.</source>
        <translation>目前无法访问这个文件，其所在磁盘可能未连接。</translation>
    </message>
    <message>
        <source>No program could be started for this file.</source>
        <translation>无法启动打开此文件的程序。</translation>
    </message>
    <message>
        <source>The system does not let Balloon read this file</source>
        <translation>系统不允许 Balloon 读取此文件</translation>
    </message>
    <message>
        <source>A link that leads back to itself</source>
        <translation>指向自身的链接</translation>
    </message>
    <message>
        <source>It was gone before it could be read</source>
        <translation>读取之前已消失</translation>
    </message>
    <message>
        <source>The file is empty</source>
        <translation>文件为空</translation>
    </message>
    <message>
        <source>Not a picture of a known kind</source>
        <translation>不是已知类型的图片</translation>
    </message>
    <message>
        <source>The picture is damaged or cut short</source>
        <translation>图片已损坏或不完整</translation>
    </message>
    <message>
        <source>Larger than Balloon reads</source>
        <translation>超出 Balloon 可读取的大小</translation>
    </message>
    <message>
        <source>Reading it took too long</source>
        <translation>读取时间过长</translation>
    </message>
    <message>
        <source>Reading it failed badly</source>
        <translation>读取时严重出错</translation>
    </message>
    <message>
        <source>Reading it needs too much memory</source>
        <translation>读取所需内存过多</translation>
    </message>
    <message>
        <source>The caption file beside a photo cannot be read</source>
        <translation>照片旁的说明文件无法读取</translation>
    </message>
    <message>
        <source>The search model could make nothing of it</source>
        <translation>搜索模型无法处理它</translation>
    </message>
    <message>
        <source>Balloon was installed without it</source>
        <translation>安装的 Balloon 不包含它</translation>
    </message>
    <message>
        <source>there is no NVIDIA driver</source>
        <translation>没有 NVIDIA 驱动程序</translation>
    </message>
    <message>
        <source>the NVIDIA driver does not answer</source>
        <translation>NVIDIA 驱动程序没有响应</translation>
    </message>
    <message>
        <source>its driver finds no NVIDIA card</source>
        <translation>驱动程序没有找到 NVIDIA 显卡</translation>
    </message>
    <message>
        <source>its own library is not installed</source>
        <translation>没有安装它自己的库</translation>
    </message>
    <message>
        <source>its driver crashed when it was tried ({detail})</source>
        <translation>试用时驱动程序崩溃（{detail}）</translation>
    </message>
    <message>
        <source>it did not answer within {detail} seconds</source>
        <translation>{detail} 秒内没有响应</translation>
    </message>
    <message>
        <source>it would leave {detail} of the work to the CPU</source>
        <translation>它会把 {detail} 的工作留给 CPU</translation>
    </message>
    <message>
        <source>its results are not those of the CPU (likeness {detail})</source>
        <translation>它的结果与 CPU 的不同（相似度 {detail}）</translation>
    </message>
    <message>
        <source>it says “{detail}”</source>
        <translation>它报告“{detail}”</translation>
    </message>
    <message>
        <source>The library was damaged and has been set aside in {place}. What could be read of it, your captions above all, is in a new one; photos are indexed again.</source>
        <translation>图库曾损坏，已移到 {place} 保存。能读取的内容（首先是您写的说明）已放入新的图库；照片会重新索引。</translation>
    </message>
    <message>
        <source>Indexing waits until the computer is plugged in</source>
        <translation>等待接通电源后再索引</translation>
    </message>
    <message>
        <source>Indexing waits until nobody uses the computer</source>
        <translation>等待无人使用电脑时再索引</translation>
    </message>
    <message>
        <source>This folder is on a network drive, which does not announce changes by others. It is looked at once a minute.</source>
        <translation>此文件夹位于网络驱动器上，他人所做的更改不会收到通知，因此每分钟检查一次。</translation>
    </message>
    <message>
        <source>The system watches as many folders as it may (fs.inotify.max_user_watches). This one is looked at once a minute.</source>
        <translation>系统可监视的文件夹已达上限（fs.inotify.max_user_watches），因此此文件夹每分钟检查一次。</translation>
    </message>
    <message>
        <source>The system does not announce changes in this folder. It is looked at once a minute.</source>
        <translation>系统不会通知此文件夹中的更改，因此每分钟检查一次。</translation>
    </message>
    <message>
        <source>Photos are encoded on the CPU.</source>
        <translation>照片由 CPU 编码。</translation>
    </message>
    <message>
        <source>Photos are encoded on {name}, which was tried out against the CPU.</source>
        <translation>照片由 {name} 编码，已与 CPU 的结果核对。</translation>
    </message>
    <message>
        <source>{name} is not used: {why}.</source>
        <translation>未使用 {name}：{why}。</translation>
    </message>
    <message>
        <source>It looks like what you described</source>
        <translation>看起来与您的描述相符</translation>
    </message>
    <message>
        <source>The words are in one of its captions</source>
        <translation>某条说明中有这些词语</translation>
    </message>
    <message>
        <source>The words can be read in the photo</source>
        <translation>照片中可以读到这些词语</translation>
    </message>
    <message>
        <source>The words are in its file name</source>
        <translation>文件名中有这些词语</translation>
    </message>
    <message>
        <source>The words are in the names of its folders</source>
        <translation>文件夹名称中有这些词语</translation>
    </message>
    <message>
        <source>The words are in its names and captions taken together</source>
        <translation>名称和说明合起来包含这些词语</translation>
    </message>
</context>
<context>
    <name>results</name>
    <message>
        <source>red balloon over the sea</source>
        <translation>海上的红气球</translation>
    </message>
    <message>
        <source>dog on the beach</source>
        <translation>沙滩上的狗</translation>
    </message>
    <message>
        <source>birthday cake with candles</source>
        <translation>插着蜡烛的生日蛋糕</translation>
    </message>
    <message>
        <source>snow last winter</source>
        <translation>去年冬天的雪</translation>
    </message>
    <message>
        <source>sunset -people</source>
        <translation>没有人的日落</translation>
    </message>
    <message>
        <source>No good match. These photos come closest.</source>
        <translation>没有很相符的照片。以下是最接近的。</translation>
    </message>
    <message>
        <source>Searching {covered} of {known} photos</source>
        <translation>正在搜索 {known} 张照片中的 {covered} 张</translation>
    </message>
    <message>
        <source>No photo is much like this one</source>
        <translation>没有与它很相似的照片</translation>
    </message>
    <message>
        <source>No good match for “{text}”</source>
        <translation>没有与“{text}”很相符的照片</translation>
    </message>
    <message>
        <source>{coverage} so far; more are on their way.</source>
        <translation>目前{coverage}，其余照片正在处理。</translation>
    </message>
    <message>
        <source>Some photos are left out by a filter. Taking it away may help.</source>
        <translation>有些照片被筛选条件排除了，去掉条件也许有帮助。</translation>
    </message>
    <message>
        <source>Fewer or simpler words often find more: say what can be seen.</source>
        <translation>用更少、更简单的词往往能找到更多：描述看得见的内容。</translation>
    </message>
</context>
</TS>
